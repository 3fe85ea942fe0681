using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Customers;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Past;

namespace OpsMonitor.Grains.Turns;

/// <summary>What a look back needs of the state: taken between two turns, judged while turns go on. See <see cref="KnownView"/>.</summary>
public sealed partial class Shard
{
    // Many instants fall into a life longer than this: its events are then kept where one look finds them.
    private const long LongLifeMs = 10 * 60_000;

    private Leaver WithLife(Leaver leaver)
    {
        if (leaver.Evaluation is not { } evaluation) return leaver with { Life = Life.None };
        var history = _subjects[leaver.Subject].History;
        var life = Life.Of(evaluation, history.Events, Edits);
        return leaver with { Life = life, Packed = life.Until - life.First > LongLifeMs ? history.Pack() : null };
    }

    /// <summary>Those in memory that may have counted otherwise then and are not judged in the view as they are now.</summary>
    public IReadOnlyList<Unjudged> Unjudged(KnownView view)
    {
        foreach (var (agent, past) in Agents) // a look at one hour each
            if (new Subject(SubjectKind.Agent, agent) is var who && Last(who) is var now && !view.Has(who, now)) view.Put(who, now, AgentRules.Evaluate(who, past.At(view.At), view.At));
        var missing = new List<Unjudged>();
        foreach (var (who, held) in _subjects)
        {
            var now = Last(who);
            if (view.Has(who, now)) continue;
            if (held.History.Events.Count > 0 && Life.Of(now, held.History.Events, Edits).Holds(view.At, view.End)) missing.Add(new(who, now, held.History.Copy()));
            else view.Forget(who);
        }
        return missing;
    }

    /// <summary>The files of customers and the hours of agents that were others then, as they were; of customers those alone that count in one of the windows.</summary>
    public IReadOnlyList<UnjudgedFile> UnjudgedFiles(KnownView view, Window window)
    {
        var (customers, hours) = (new SortedDictionary<string, List<ContactFact>>(StringComparer.Ordinal), new SortedDictionary<(string Agent, long Hour), List<(Subject Contact, AgentWork Work)>>(
            Comparer<(string Agent, long Hour)>.Create((a, b) => a.Hour != b.Hour ? a.Hour.CompareTo(b.Hour) : string.CompareOrdinal(a.Agent, b.Agent))));
        foreach (var (who, (now, then)) in view.Judged)
        {
            if (now.Fact is { } fact) Of(customers, fact.CustomerRef);
            if (then.Fact is { } old) Of(customers, old.CustomerRef).Add(old);
            foreach (var work in now.Work) Of(hours, (work.Agent, AgentHour.Of(work.From)));
            foreach (var work in then.Work) Of(hours, (work.Agent, AgentHour.Of(work.From))).Add((who, work));
        }
        var last = AgentHour.Of(view.At); // hours before it have heard all that they will of states
        foreach (var agent in Agents.Keys)
            if (LastOf(agent, last).KnownSince > view.At) Of(hours, (agent, last));
        foreach (var customer in view.Customers) Of(customers, customer);
        foreach (var (customer, file) in _customers.InMemory)
            if (IsOtherThen(customer, file, view, window)) Of(customers, customer);
        var files = _customers.Look(customers.Keys);
        return [.. customers.Select(c => FileThen(c.Key, files.GetValueOrDefault(c.Key), c.Value, view)), .. hours.Where(d => d.Key.Hour <= last).Select(d => HourThen(d.Key, d.Value, view))];
    }

    /// <summary>Those in memory that have counted as they do since before the instant, for what was true then.</summary>
    public IReadOnlyList<(Subject Who, Evaluation Now)> Unchanged(KnownView view)
    {
        var unchanged = new List<(Subject, Evaluation)>();
        foreach (var (who, held) in _subjects)
            if (!view.Has(who) && held.History.Events.Count > 0 && held.History.Events[0].At <= view.At) unchanged.Add((who, Last(who)));
        return unchanged;
    }

    private static List<T> Of<TKey, T>(SortedDictionary<TKey, List<T>> all, TKey key) where TKey : notnull => all.TryGetValue(key, out var some) ? some : all[key] = [];

    private bool IsOtherThen(string customer, CustomerFile file, KnownView view, Window window)
    {
        var (changed, counts) = (false, false);
        foreach (var fact in file.Facts)
        {
            changed |= fact.InitiatedAt > view.At;
            counts |= In(fact.InitiatedAt) || In(fact.LastAt + Policies.FcrWindowMs) || In(fact.LastAt + view.Policies.FcrWindowMs) || (fact.FirstTimeAt is { } closed && In(closed));
        }
        if (!counts || changed) return counts;
        foreach (var fact in file.Facts)
            if (LastOf(customer, file, fact).KnownSince > view.At) return true;
        return false;

        bool In(long at) => at >= window.From && at < window.To;
    }

    // Whoever is not in the view was over before the instant, or began after it.
    private UnjudgedFile FileThen(string customer, CustomerFile? file, List<ContactFact> then, KnownView view)
    {
        var now = new List<Contribution>();
        if (file is not null)
            foreach (var fact in file.Facts)
            {
                now.AddRange(LastOf(customer, file, fact).Contributions);
                if (fact.InitiatedAt <= view.At && !view.Has(fact.Contact)) then.Add(fact);
            }
        then.Sort((a, b) => a.InitiatedAt != b.InitiatedAt ? a.InitiatedAt.CompareTo(b.InitiatedAt) : a.Contact.CompareTo(b.Contact));
        var policies = view.Policies;
        return new(new(null, now, [], long.MaxValue), at => then.Count == 0 ? Evaluation.Empty : CustomerRules.Evaluate(then, policies.FcrWindowMs, at, policies.FcrPerIssue));
    }

    private UnjudgedFile HourThen((string Agent, long Hour) file, List<(Subject Contact, AgentWork Work)> then, KnownView view)
    {
        var past = PastOf(file.Agent);
        SortedSet<BusySpan> works = [];
        foreach (var span in past.WorksOf(file.Hour))
            if (span.From <= view.At && !view.Has(span.Contact)) works.Add(span);
        foreach (var (contact, work) in then) works.Add(new(work.From, work.To, work.Duty, contact));
        return new(LastOf(file.Agent, file.Hour), past.With(file.Hour, works));
    }
}
