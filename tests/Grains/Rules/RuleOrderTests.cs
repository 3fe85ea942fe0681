using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Rules;

/// <summary>
/// The rules of one ticket, callback and customer: the same events as they happened, with restarts, and long after in any order and doubled, raise the same
/// alerts at the same true instants. (Those of many subjects: BulkComplaintTests, QueueRuleTests.)
/// </summary>
public sealed class RuleOrderTests
{
    private const int Streams = 150, Events = 70;

    internal static readonly RuleId[] Ruled =
    [
        RuleId.UnsignedDispatch, RuleId.PingPong, RuleId.PingPongGuard, RuleId.RepeatComplaint, RuleId.OutsideFlag, RuleId.VipLane, RuleId.CallbackOverdue, RuleId.MissedCall,
        RuleId.CriticalDrop, RuleId.HardCase,
    ];

    internal static readonly PolicySet Policies = PolicySet.Default with { Rules = RuleSet.Off.With(Ruled.Select(id => RuleSet.Standard.Of(id, null))) };

    [Fact]
    public void The_same_events_in_any_order_and_doubled_raise_the_same()
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 0; seed < Streams; seed++)
        {
            var random = new Random(seed);
            var events = Stream(random);
            var (told, end) = (events[^1].At + Story.Minute, events[^1].At + (2 * Story.Day));
            var (calm, storm) = (new Shard(Policies, new()), new Shard(Policies, new()));
            foreach (var e in events)
            {
                Wake(calm, e.At);
                calm.Step(new(e.At, [e]));
                if (random.Next(25) == 0) calm = Restarted(calm);
            }
            foreach (var e in events.Concat(events.Take(Events / 3)).OrderBy(_ => random.Next()).ToList()) storm.Step(new(told, [e]));
            Wake(calm, end);
            Wake(storm, end);
            var (right, found) = (Standing(calm), Standing(storm));
            Assert.True(right.SequenceEqual(found), $"seed {seed}: as it happened alone [{string.Join("; ", right.Except(found))}], in any order alone [{string.Join("; ", found.Except(right))}]");
            Assert.True(Recount.Equals(storm), $"seed {seed}: the sums");
            foreach (var alert in calm.Alerts.All.Where(IsRules)) seen[alert.Due.Rule] = seen.GetValueOrDefault(alert.Due.Rule) + 1;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{Streams} streams: {string.Join(", ", seen.Select(s => $"{s.Key} {s.Value}"))}");
        foreach (var id in Ruled) Assert.True(seen.GetValueOrDefault(Words.Of(id)) >= Streams / 10, $"{id}: {seen.GetValueOrDefault(Words.Of(id))}");
    }

    // What stands. What is over is a record of what was known at the time; for whom, and what was counted, is kept as it was at the raise.
    internal static List<string> Standing(Shard shard) =>
        [.. shard.Alerts.All.Where(a => IsRules(a) && a.State == AlertState.Raised)
            .Select(a => $"{a.Key} {a.Due.RaisedAt} {a.Due.Level}")];

    private static bool IsRules(Alert alert) => !alert.Due.Rule.StartsWith("clock_", StringComparison.Ordinal) && alert.Due.Rule != "callback_due";

    internal static void Wake(Shard shard, long until)
    {
        while (shard.NextWake <= until) shard.Step(new(shard.NextWake, []));
        shard.Step(new(until, []));
    }

    private static Shard Restarted(Shard shard)
    {
        var again = new Shard(Policies, new());
        again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(shard.Image())), asJudged: true);
        return again;
    }

    internal static List<Event> Stream(Random random)
    {
        var (events, at, number) = (new List<Event>(), Story.Ms("06:00:00"), 0);
        string One(params string[] of) => of[random.Next(of.Length)];
        string Department() => One("billing", "returns", "network");
        void Add(string subject, EventData data) => events.Add(Story.Event(at, subject, data, $"e-{++number}"));
        for (var n = 0; n < 4; n++) Add($"ticket/{n}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: random.Next(1, 5), DepartmentId: Department(), CustomerRef: "c-" + (n % 2), CustomerTier: random.Next(2) == 0 ? "vip" : null));
        while (events.Count < Events)
        {
            at += random.Next(4) == 0 ? random.Next(1, 8) * Story.Hour : random.Next(1, 20) * Story.Minute;
            var (ticket, dispatch, call) = ($"ticket/{random.Next(6)}", $"d{random.Next(8)}", $"contact/{random.Next(12)}");
            switch (random.Next(20))
            {
                case 0 or 1: Add(ticket, new TicketCreated(TicketKind.Complaint, Channel.Phone, DepartmentId: Department(), CustomerRef: "c-" + random.Next(3), CustomerTier: One("vip", "gold"), RiskFlags: random.Next(3) == 0 ? [One("media", "regulator", "loud")] : null)); break;
                case 2 or 3 or 4 or 5: Add(ticket, new TicketDispatched(dispatch, Department(), random.Next(4) == 0 ? DispatchRole.Assist : DispatchRole.Lead)); break;
                case 6: Add(ticket, new TicketDispatchReturned(dispatch, "wrong")); break;
                case 7: Add(ticket, new TicketDispatchAccepted(dispatch)); break;
                case 8: Add(ticket, new TicketClassified("quality", DepartmentId: random.Next(2) == 0 ? Department() : null, RiskFlags: random.Next(2) == 0 ? ["court"] : null)); break;
                case 9: Add(ticket, new TicketEscalated(random.Next(1, 4), random.Next(2) == 0 ? EscalationTrigger.Difficult : EscalationTrigger.Regulator)); break;
                case 10: Add(ticket, random.Next(2) == 0 ? new TicketConsultationOpened("k", ["billing", "returns"]) : new TicketConsultationConcluded("k", ["billing", "returns"])); break;
                case 11: Add(ticket, random.Next(2) == 0 ? new TicketSupervised("head") : new TicketReplied("phone")); break;
                case 12: Add(ticket, random.Next(3) == 0 ? new TicketClosed("done") : new TicketReopened("again")); break;
                case 13: Add($"callback/{random.Next(4)}", new CallbackPromised(CallbackKind.Promise, Story.Iso(at + (random.Next(1, 90) * Story.Minute)), CustomerRef: "c-" + random.Next(3), DepartmentId: "billing")); break;
                case 14: Add($"callback/{random.Next(4)}", new CallbackAttempted(1, random.Next(2) == 0 ? AttemptOutcome.NoAnswer : AttemptOutcome.Busy)); break;
                case 15 or 16: Add(call, new ContactInitiated(Channel.Phone, random.Next(4) == 0 ? Direction.Outbound : Direction.Inbound, "c-" + random.Next(3))); Add(call, new ContactQueued("q", "billing")); break;
                case 17: Add(call, new ContactAbandoned(AbandonStage.Queue, "q")); break;
                case 18: Add(call, new ContactAnswered("ann", "q")); break;
                default: Add(call, new ContactDisconnected(DisconnectedBy.System, Critical: random.Next(2) == 0)); break;
            }
        }
        events.Sort();
        return events;
    }
}
