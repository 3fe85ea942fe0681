using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>Random lives of alerts: raised, taken, shelved, let go, run out, answered, answered before, the policy edited, the machine stopped.</summary>
public sealed class AlertLifeTests
{
    private const int Sequences = 12_000, Steps = 12;
    private const string T = "ticket/T-1";
    private static readonly string[] People = ["Chen", "Li", "Wang"];
    private static readonly PolicySet[] Policies = [PolicySet.Default, Escalating(new EscalationStep(new(2, LimitUnit.Minute), "quality"), new EscalationStep(new(1, LimitUnit.Hour), "head"))];

    [Fact]
    public void There_is_one_timer_or_a_reason_and_any_way_there_leads_to_the_same()
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 0; seed < Sequences; seed++) Live(new Random(seed), seed, seen);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", seen.Select(s => $"{s.Key} {s.Value}")));
        foreach (var what in new[] { "acknowledged", "shelved", "open", "resolved", "retracted", "ran out", "told", "restarted", "edited" })
            Assert.True(seen.GetValueOrDefault(what) > Sequences / 100, $"{what}: {seen.GetValueOrDefault(what)}");
    }

    private static void Live(Random random, int seed, SortedDictionary<string, int> seen)
    {
        var (policies, now, number) = (Policies[random.Next(2)], Story.Ms("09:00:00"), 0);
        var shard = new Shard(policies, new());
        var life = new SubjectLife(Subject.Parse(T), policies, backfill: false);
        var turns = new List<TurnInput>();
        void Turn(params Event[] events)
        {
            turns.Add(new(now, events));
            var before = shard.Alerts.All.ToDictionary(a => a.Key);
            shard.Step(turns[^1]);
            life.Take(events, now);
            foreach (var alert in shard.Alerts.All) Check(alert, before.GetValueOrDefault(alert.Key), seen, seed, now);
            Assert.True(shard.NextWake > now, $"seed {seed}: a wake-up must be used up");
            Assert.True(shard.Alerts.All.SequenceEqual(life.Alerts), $"seed {seed}: the two hosts differ");
        }
        Turn(Event(now, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1), ref number));
        for (var step = 0; step < Steps; step++)
        {
            var to = now + random.Next(1, 25) * 60_000L + random.Next(1_000);
            while (shard.NextWake <= to && random.Next(10) > 0) { now = shard.NextWake; Turn(); } // sometimes nobody wakes it in time
            now = to;
            Turn(Deeds(random, shard, now, ref number));
            if (random.Next(12) == 0) { Restart(ref shard, policies, seed); seen["restarted"] = seen.GetValueOrDefault("restarted") + 1; }
        }
        Replayed(shard, policies, turns, seed);
        if (random.Next(4) == 0) Edited(shard, now, seed, seen);
    }

    private static Event[] Deeds(Random random, Shard shard, long now, ref int number)
    {
        if (shard.Alerts.All.Count == 0) return [];
        var alert = shard.Alerts.All.ElementAt(random.Next(shard.Alerts.All.Count));
        var (id, who) = (alert.Key.Id, People[random.Next(People.Length)]);
        EventData? data = random.Next(12) switch
        {
            < 4 => new AlertAcknowledged(id, who, random.Next(2) == 0 ? Story.Iso(now + random.Next(-5, 90) * 60_000L) : null),
            < 6 => new AlertShelved(id, who, Story.Iso(now + random.Next(1, 2_000) * 60_000L), "a reason"),
            < 8 => new AlertReleased(id, who),
            8 when random.Next(3) == 0 => new TicketReplied("phone"),
            _ => null,
        };
        if (data is null) return [];
        var late = data is TicketReplied && random.Next(2) == 0 ? random.Next(90) * 60_000L : 0; // said long after: it may take the breach back
        var e = Event(Math.Max(Story.Ms("09:00:01"), now - late), data, ref number);
        return random.Next(5) == 0 ? [e, e] : [e];
    }

    private static void Check(Alert alert, Alert? before, SortedDictionary<string, int> seen, int seed, long now)
    {
        var (care, standing) = (alert.Care, alert.State == AlertState.Raised);
        var timers = (care.Until is null ? 0 : 1) + (care.Next is null ? 0 : 1);
        var reasons = care.Final is null ? 0 : 1;
        Assert.True(timers + reasons == 1, $"seed {seed}: {timers} timers and the reason '{care.Final}'");
        Assert.True(standing || care.Final is "resolved" or "retracted", $"seed {seed}: over without a reason");
        Assert.True(!standing || care.Hold == Hold.Open == (care.Until is null), $"seed {seed}: held without an end");
        Assert.True(care.NextChangeAt > now, $"seed {seed}: a timer has passed");
        var steps = care.Taken.All;
        for (var i = 1; i < steps.Count; i++) Assert.True(steps[i - 1].At <= steps[i].At, $"seed {seed}: steps out of order");
        Assert.True(steps.Count == 0 || (steps[0].At >= alert.Since && steps[^1].At <= now), $"seed {seed}: a step at another time");
        void Saw(string what) => seen[what] = seen.GetValueOrDefault(what) + 1;
        if (before == alert) return;
        Saw(standing ? care.Hold.ToString().ToLowerInvariant() : care.Final!);
        if (steps.Count > 1) Saw("told");
        if (before is { Care.Hold: not Hold.Open } && care.Hold == Hold.Open && care.Since < now) Saw("ran out");
        if (before is null) return;
        Assert.True(alert.ChangedAt > before.ChangedAt, $"seed {seed}: two changes look alike");
        if (!standing || before.State != AlertState.Raised || before.Care is not { Hold: not Hold.Open, Until: { } until } || until <= now) return;
        if (care.Hold != Hold.Open) Assert.True(before.Care.By == care.By, $"seed {seed}: taken away from who has it");
    }

    private static void Restart(ref Shard shard, PolicySet policies, int seed)
    {
        var again = new Shard(policies, new());
        again.Resume(OpsMonitor.Silo.Local.ShardSnapshot.Read(OpsMonitor.Silo.Local.ShardSnapshot.Write(shard.Image())));
        Assert.True(again.Alerts.All.SequenceEqual(shard.Alerts.All) && again.NextWake == shard.NextWake, $"seed {seed}: a snapshot differs");
        shard = again;
    }

    private static void Replayed(Shard shard, PolicySet policies, List<TurnInput> turns, int seed)
    {
        var (again, random) = (new Shard(policies, new()), new Random(seed));
        foreach (var turn in turns)
        {
            var events = turn.Events.ToArray();
            random.Shuffle(events);
            again.Step(turn with { Events = events, Replayed = true });
        }
        Assert.True(again.Alerts.All.SequenceEqual(shard.Alerts.All), $"seed {seed}: a replay differs");
    }

    // The ladder is the one of the raise: another policy of the same version changes nothing that stands.
    private static void Edited(Shard shard, long now, int seed, SortedDictionary<string, int> seen)
    {
        var edited = new Shard(Escalating(new EscalationStep(new(3, LimitUnit.Minute), "nobody")), new());
        edited.Resume(shard.Image());
        edited.Step(new(now + 86_400_000, []));
        var known = shard.Alerts.All.Select(a => a.Key).ToHashSet();
        foreach (var alert in edited.Alerts.All.Where(a => known.Contains(a.Key) && a.State == AlertState.Raised))
            Assert.DoesNotContain(alert.Care.Taken.All, s => s.To == "nobody");
        seen["edited"] = seen.GetValueOrDefault("edited") + 1;
    }

    private static Event Event(long at, EventData data, ref int number) => Story.Event(at, T, data, $"e-{++number}");

    private static PolicySet Escalating(params EscalationStep[] steps)
    {
        var policy = Policy.SlaDefault with { Clocks = [.. Policy.SlaDefault.Clocks.Select(c => c.Id == "first_response" ? c with { Escalate = steps } : c)] };
        return PolicySet.Default with { Policy = policy, Book = PolicyBook.Of([policy]) };
    }
}
