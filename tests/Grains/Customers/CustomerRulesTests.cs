using System.Collections;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>One customer's contacts against the obvious code that looks at all of them for each.</summary>
public sealed class CustomerRulesTests
{
    private const long Window = Story.Hour, Retry = 5 * Story.Minute;

    [Fact]
    public void Whatever_the_contacts_the_answer_is_that_of_the_obvious_code()
    {
        for (var seed = 0; seed < 20_000; seed++)
        {
            var contacts = Contacts(new Random(seed));
            var answer = CustomerRules.Evaluate(contacts, Window, contacts[^1].InitiatedAt).Contributions;
            var eligible = answer.Where(c => c.Key.Measure == Measure.FcrEligible).Select(c => c.Queue!);
            var kept = answer.Where(c => c.Key.Measure == Measure.FcrKept).Select(c => c.Queue!);
            var first = Enumerable.Range(0, contacts.Count).Where(i => contacts[i] is { Inbound: true, Answered: true } && IsFirst(contacts, i)).ToList();
            Assert.True(first.Select(i => contacts[i].Queue).SequenceEqual(eligible), $"eligible, seed {seed}");
            Assert.True(first.Where(i => !HasRepeat(contacts, i)).Select(i => contacts[i].Queue).SequenceEqual(kept), $"kept, seed {seed}");
        }
    }

    [Theory]
    [InlineData(1, true, false)] // every one is a first contact
    [InlineData(4_000, false, false)]
    [InlineData(4_000, true, true)]
    public void A_customer_with_many_contacts_costs_a_look_at_each_not_at_each_pair(int windowMinutes, bool inbound, bool abandoned)
    {
        const int many = 2_000;
        var contacts = new Watched([.. Enumerable.Range(0, many).Select(i => Contact(i, i * Story.Minute, i * Story.Minute, i % 2 == 0 || inbound, !abandoned, abandoned))]);
        CustomerRules.Evaluate(contacts, windowMinutes * Story.Minute, many * Story.Minute);
        Assert.InRange(contacts.Looks, many, 10 * many);
    }

    private static List<ContactFact> Contacts(Random random)
    {
        var at = 0L;
        var contacts = new List<ContactFact>();
        for (var i = random.Next(1, 12); i > 0; i--)
        {
            // To the edges of the window and of the retry, and a millisecond to either side.
            at += random.Next(4) switch { 0 => 0, 1 => Retry + random.Next(-1, 2), 2 => Window + random.Next(-1, 2), _ => random.NextInt64(Window) };
            var last = at + random.Next(4) switch { 0 => 0, 1 => Retry, 2 => 2 * Window, _ => random.NextInt64(Window) };
            contacts.Add(Contact(i, at, last, random.Next(3) > 0, random.Next(3) > 0, random.Next(2) == 0));
        }
        return [.. contacts.OrderBy(c => c.InitiatedAt).ThenBy(c => c.Contact)];
    }

    private static ContactFact Contact(int id, long at, long last, bool inbound, bool answered, bool abandoned) =>
        new(new(SubjectKind.Contact, $"{id}"), "anna", null, inbound, at, last, true, answered, abandoned, $"queue-{id}", null);

    private static bool IsFirst(List<ContactFact> contacts, int index) => !contacts.Take(index).Any(earlier =>
        earlier.Inbound && contacts[index].InitiatedAt - earlier.LastAt is var gap && gap < Window && !(earlier.Abandoned && gap <= Retry));

    private static bool HasRepeat(List<ContactFact> contacts, int index) =>
        contacts.Skip(index + 1).Any(later => later.Inbound && later.InitiatedAt - contacts[index].LastAt < Window);

    /// <summary>Counts how often it is looked at.</summary>
    private sealed class Watched(List<ContactFact> contacts) : IReadOnlyList<ContactFact>
    {
        public int Looks { get; private set; }

        public int Count => contacts.Count;

        public ContactFact this[int index]
        {
            get { Looks++; return contacts[index]; }
        }

        public IEnumerator<ContactFact> GetEnumerator()
        {
            for (var i = 0; i < Count; i++) yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
