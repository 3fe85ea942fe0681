using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Bench;

/// <summary>
/// One reference that all callers share ("anonymous", a badly mapped integration), missed calls watched: what an event costs when its file has so many contacts. The same events
/// with a reference each are measured beside it, in turns.
/// </summary>
internal static class Customers
{
    private const int ContactsPerTurn = 5, TurnsPerRound = 100; // 20 events a turn: a busy desk, not a full writer

    private static int _ids;

    /// <param name="most">the longest file that is measured</param>
    public static void Run(int most)
    {
        Console.WriteLine("contacts in the file; us of processor time an event: one shared reference, a reference each, shared / each");
        for (var contacts = 1_000; contacts <= most; contacts *= 10)
        {
            var (shared, own) = (new Desk(contacts, static _ => "anonymous"), new Desk(contacts, static i => $"c-{i}"));
            var (a, b) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round < 5; round++) (a, b) = (Math.Min(a, shared.Round()), Math.Min(b, own.Round()));
            Console.WriteLine($"{contacts,9:N0}  {a,9:F1}  {b,9:F1}  {a / b,7:F2}");
        }
    }

    private sealed class Desk
    {
        private readonly Shard _shard = new(PolicySet.Default with { Rules = RuleSet.Standard.Only(RuleId.MissedCall) }, new());
        private readonly Func<int, string> _customer;
        private readonly DateTimeOffset _born = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
        private int _contacts;

        public Desk(int contacts, Func<int, string> customer)
        {
            _customer = customer;
            // In as few turns as may be: where an event costs the file's length, this is what keeps the filling short.
            var events = Enumerable.Range(0, contacts).SelectMany(_ => Contact()).ToList();
            _shard.Step(new(events[^1].At, events));
        }

        /// <returns>us an event</returns>
        public double Round()
        {
            var turns = new List<List<Event>>();
            for (var turn = 0; turn < TurnsPerRound; turn++) turns.Add([.. Enumerable.Range(0, ContactsPerTurn).SelectMany(_ => Contact())]);
            var hashes = turns.ConvertAll(t => EventHash.Of(t));
            var from = Micro.OnProcessor();
            for (var i = 0; i < turns.Count; i++) _shard.Step(new(turns[i][^1].At, turns[i]) { Hashes = hashes[i] });
            return (Micro.OnProcessor() - from) * 1_000 / turns.Sum(t => t.Count);
        }

        private List<Event> Contact()
        {
            var (i, at) = (_contacts, _born.AddSeconds(_contacts++));
            Event Say(int after, string type, string data) => EventReader.Read(Encoding.UTF8.GetBytes(
                $$"""{"specversion":"1.0","id":"{{++_ids}}","source":"bench","type":"contact.{{type}}","time":"{{at.AddMilliseconds(after):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","subject":"contact/{{i}}","data":{{data}}}""")).Event!;
            return
            [
                Say(0, "initiated", $$"""{"channel":"phone","direction":"inbound","customer_ref":"{{_customer(i)}}"}"""), Say(100, "queued", """{"queue_id":"q"}"""),
                i % 10 == 0 ? Say(400, "abandoned", """{"stage":"queue"}""") : Say(400, "answered", """{"agent_id":"a"}"""), Say(900, "disconnected", """{"by":"customer"}"""),
            ];
        }
    }
}
