using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Bench;

/// <summary>
/// What judging costs: open tickets with four clocks each, then turns of 500 events on tickets taken at random, each of which arms a deadline anew
/// (a pause, its end, a pause, ...). Reading and hashing an event are the edge's work and are done before.
/// </summary>
internal sealed class Judging
{
    private const int EventsPerTurn = 500, EventsPerRound = 20_000;

    // As many as the goal's million tickets, eight words each, so that it is not the cache that is measured.
    private const int Places = 1_000_000;
    private const int WalksPerRound = 100; // the system tells a thread's time in steps of milliseconds
    private static readonly long[] Walked = new long[Places * 8];
    private static uint _walked;
    private static int _ids;

    private readonly Shard _shard = new(PolicySet.Default, new());
    private readonly DateTimeOffset _born = DateTimeOffset.UtcNow.AddSeconds(-60);
    private readonly bool[] _paused;
    private uint _next;
    private long _elapsed = 30_000;

    private Judging(int tickets)
    {
        _paused = new bool[tickets];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var text = 0L;
        Tell(tickets, i => [Ticket(i, "created", 0, """{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}"""), Ticket(i, "dispatched", 1, $$"""{"dispatch_id":"D-{{i}}","department_id":"network","role":"assist"}""")], e => text += e.Raw.Length);
        BytesATicket = (GC.GetTotalMemory(forceFullCollection: true) - before - text) / (double)tickets;
        Tell(tickets, i => [Ticket(i, "replied", 2, """{"method":"phone"}""")], static _ => { });
    }

    /// <summary>Of an open ticket with four running clocks, beyond the text of its two events.</summary>
    public double BytesATicket { get; }

    /// <summary>Allocated for an event in the last round.</summary>
    public double GarbageAnEvent { get; private set; }

    public static Judging Of(int tickets) => new(tickets);

    public static async Task RunAsync(string root, int tickets)
    {
        Print(tickets);
        Console.WriteLine($"a contact's event, best of 8: {Enumerable.Range(0, 8).Min(_ => Contacts()) * 1e6 / EventsPerRound:F0} ns");
        var (p50, p99, last, idle) = await Micro.DueAsync(Directory.CreateDirectory(Path.Combine(root, "due")).FullName, 20_000);
        Console.WriteLine($"7a 20,000 due in one second: the last durable {last:F0} ms after its end, noticed p50 {p50}, p99 {p99} ms late; idle {idle:F1} %");
    }

    // Apart from the rest, so that its tickets are garbage when clocks fall due.
    private static void Print(int tickets)
    {
        var (few, many) = (Of(tickets / 10), Of(tickets));
        Walk();
        var (ms, walk) = (Enumerable.Range(0, 8).Min(_ => many.Round()), Enumerable.Range(0, 8).Min(_ => Walk()));
        Console.WriteLine($"an event on one of {tickets:N0} open tickets with four clocks, best of 8: {ms * 1e6 / EventsPerRound:F0} ns, {many.GarbageAnEvent:F0} B of garbage; array walk {walk * 1e6 / EventsPerRound:F1} ns");
        Console.WriteLine($"5a / array walk: {many.RatioToWalk():F4}; 5b growth from {tickets / 10:N0} to {tickets:N0} tickets: {Micro.Ratio(many.Round, few.Round):F2}; 6: {many.BytesATicket:F0} B a ticket");
    }

    /// <summary>A walk over an array of as many places as a million tickets, over the same number of events, in interleaved windows.</summary>
    public double RatioToWalk() => Micro.Ratio(Walk, Round);

    /// <returns>ms for one round of events</returns>
    public double Round()
    {
        _elapsed += 60_000;
        var now = _born.ToUnixTimeMilliseconds() + _elapsed;
        var turns = Enumerable.Range(0, EventsPerRound).Select(_ => One((int)(_next++ * 2654435761 % (uint)_paused.Length))).Chunk(EventsPerTurn).Select(events => (Events: events, Hashes: EventHash.Of(events))).ToList();
        _shard.Step(new(now - 1_000, [])); // what is due by now is another goal
        var (garbage, from) = (GC.GetAllocatedBytesForCurrentThread(), Micro.OnProcessor());
        foreach (var (events, hashes) in turns) _shard.Step(new(now, events) { Hashes = hashes });
        var took = Micro.OnProcessor() - from;
        GarbageAnEvent = (GC.GetAllocatedBytesForCurrentThread() - garbage) / (double)EventsPerRound;
        return took;
    }

    private static double Contacts()
    {
        var shard = new Shard(PolicySet.Default, new());
        var now = DateTimeOffset.UtcNow;
        var events = Enumerable.Range(0, EventsPerRound).Select(i => Event($"contact/{i / 5}", now.AddSeconds(-30 + (i % 5)), (i % 5) switch
        {
            0 => ("contact.initiated", """{"channel":"phone","direction":"inbound"}"""),
            1 => ("contact.queued", $$"""{"queue_id":"q{{i % 4}}"}"""),
            2 => ("contact.answered", """{"agent_id":"a"}"""),
            3 => ("contact.disconnected", """{"by":"customer"}"""),
            _ => ("contact.wrapup_completed", """{"agent_id":"a","acw_s":3}"""),
        })).ToList();
        // Each event of a contact comes in a turn of its own.
        var turns = Enumerable.Range(0, EventsPerRound).OrderBy(i => (i / 2_500, i % 5, i)).Select(i => events[i]).Chunk(EventsPerTurn).Select(some => (Events: some, Hashes: EventHash.Of(some))).ToList();
        var from = Micro.OnProcessor();
        foreach (var (some, hashes) in turns) shard.Step(new(now.ToUnixTimeMilliseconds(), some) { Hashes = hashes });
        return Micro.OnProcessor() - from;
    }

    private static double Walk()
    {
        var from = Micro.OnProcessor();
        for (var i = 0; i < EventsPerRound * WalksPerRound; i++) Walked[(int)(_walked++ * 2654435761 % Places) * 8]++;
        return (Micro.OnProcessor() - from) / WalksPerRound;
    }

    private Event One(int ticket)
    {
        _paused[ticket] = !_paused[ticket];
        return Ticket(ticket, _paused[ticket] ? "clock_paused" : "clock_resumed", _elapsed / 1_000, """{"reason":"awaiting_customer"}""");
    }

    private void Tell(int tickets, Func<int, Event[]> of, Action<Event> seen)
    {
        foreach (var some in Enumerable.Range(0, tickets).Chunk(EventsPerTurn))
        {
            var events = some.SelectMany(of).ToArray();
            foreach (var e in events) seen(e);
            _shard.Step(new(_born.AddSeconds(20).ToUnixTimeMilliseconds(), events));
        }
    }

    private Event Ticket(int ticket, string what, long second, string data) => Event($"ticket/{ticket}", _born.AddSeconds(second), ($"ticket.{what}", data));

    private static Event Event(string subject, DateTimeOffset at, (string Type, string Data) what) => EventReader.Read(Encoding.UTF8.GetBytes(
        $$$"""{"specversion":"1.0","id":"{{{Interlocked.Increment(ref _ids)}}}","source":"bench","type":"{{{what.Type}}}","time":"{{{at:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","subject":"{{{subject}}}","data":{{{what.Data}}}}""")).Event!;
}
