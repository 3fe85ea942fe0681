using System.Globalization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>
/// The state machine of an alert under everything that people, policies and crashes do to it: raise, acknowledge, shelve, let go, run out, silence, end a
/// silence, resolve, retract, edit the policy, recover from a snapshot or from the frames. OPSMONITOR_ALERT_SEQUENCES=100000 is the long run.
/// </summary>
public sealed class AlertMachineTests
{
    private const int Usual = 500, Steps = 14, Tickets = 2;
    private static readonly string[] People = ["Chen", "Li", "Wang"], Departments = ["billing", "returns"];

    private static int Sequences => int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_ALERT_SEQUENCES"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : Usual;

    [Fact]
    public void Who_has_none_has_exactly_one_next_step_or_a_reason_and_every_way_there_is_the_same()
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 0; seed < Sequences; seed++) new Life(seed, seen).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{Sequences} sequences: {string.Join(", ", seen.Select(s => $"{s.Key} {s.Value}"))}");
        foreach (var what in new[] { "acknowledged", "shelved", "ran out", "silenced", "silence ended", "inhibited", "resolved", "retracted", "told", "edited", "snapshot", "frames", "last word", "went on" })
            Assert.True(seen.GetValueOrDefault(what) >= Sequences / 300, $"{what}: {seen.GetValueOrDefault(what)}");
    }

    private sealed class Life(int seed, SortedDictionary<string, int> seen)
    {
        private readonly Random _random = new(seed);
        private readonly List<TurnInput> _turns = [];
        private readonly List<(SilenceOpened What, long From, long To)> _silences = [];
        private readonly Dictionary<AlertKey, (long Since, Items<Rung>? Ladder)> _raises = [];
        private readonly List<Policy> _policies = [Escalating(1, seed % 3 == 0 ? null : 7)];
        private Shard _shard = new(PolicySet.Default, new());
        private long _now = Story.Ms("09:00:00");
        private int _number;

        public void Run()
        {
            _shard = new(Set(), new());
            for (var i = 0; i < Tickets; i++) Turn(Event($"ticket/T-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: Departments[_random.Next(2)])));
            for (var step = 0; step < Steps; step++)
            {
                var to = _now + (_random.Next(30) == 0 ? 8 * 86_400_000L : (_random.Next(1, 40) * 60_000L) + _random.Next(1_000));
                for (var wakes = 0; _shard.NextWake <= to && _random.Next(12) > 0 && wakes < 100; wakes++) { _now = _shard.NextWake; Turn(); } // sometimes nobody wakes it in time
                _now = to;
                Do();
                if (_random.Next(10) == 0) Recover();
            }
            Recover();
        }

        private void Do()
        {
            var alert = _shard.Alerts.All.Count == 0 ? null : _shard.Alerts.All.ElementAt(_random.Next(_shard.Alerts.All.Count));
            var (id, who, on) = (alert?.Key.Id ?? "", People[_random.Next(3)], alert?.Due.Subject.ToString() ?? "ticket/T-0");
            switch (_random.Next(14))
            {
                case < 3: Turn(Event(on, new AlertAcknowledged(id, who, _random.Next(2) == 0 ? Story.Iso(_now + (_random.Next(-5, 90) * 60_000L)) : null))); break;
                case 3: Turn(Event(on, new AlertShelved(id, who, Story.Iso(_now + (_random.Next(1, 2_000) * 60_000L)), "a reason"))); break;
                case 4: Turn(Event(on, new AlertReleased(id, who))); break;
                case < 8: Silence(alert); break;
                case 8: EndSilence(); break;
                case 9: Answer(on); break;
                case 10: Edit(); break;
                case 11: Turn(Event("ticket/T-" + Tickets, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1, DepartmentId: Departments[_random.Next(2)]))); break;
                default: Turn(); break;
            }
        }

        private void Silence(Alert? alert)
        {
            var until = _now + (_random.Next(1, 180) * 60_000L);
            var what = _random.Next(3) switch
            {
                0 when alert is not null => new SilenceOpened(People[0], Story.Iso(until), "moving house", Subjects: [alert.Due.Subject.ToString()]),
                1 => new SilenceOpened(People[1], Story.Iso(until), "test", Lights: [_random.Next(2) == 0 ? "red" : "yellow"]),
                _ => new SilenceOpened(People[2], Story.Iso(until), "flood", Departments: [Departments[_random.Next(2)]]),
            };
            _silences.Add((what, _now, until));
            Saw("silenced", _silences.Count > 0);
            Turn(Event($"silence/S-{_silences.Count}", what));
        }

        private void EndSilence()
        {
            var n = _silences.FindLastIndex(s => s.To > _now);
            if (n < 0) { Turn(); return; }
            _silences[n] = _silences[n] with { To = _now };
            Saw("silence ended");
            Turn(Event($"silence/S-{n + 1}", new SilenceEnded(People[0])));
        }

        private void Answer(string on)
        {
            if (_random.Next(2) == 0) { Turn(Event(on, new TicketReplied("phone"))); return; }
            Turn(Story.Event(Math.Max(Story.Ms("09:00:01"), _now - (_random.Next(90) * 60_000L)), on, new TicketReplied("phone"), $"e-{++_number}")); // late data may take a breach back
        }

        private void Edit()
        {
            var running = _random.Next(2) == 0; // takes running clocks over, with another limit
            _policies.Add(Escalating(_policies.Count + 1, _random.Next(3) == 0 ? null : _random.Next(1, 60), running ? _random.Next(5, 120) : null) with { FromMs = _now, AppliesToRunning = running });
            var edit = new PolicyEdit(_policies.Count - 1, EditKind.Policy, Policy.DefaultId, _policies.Count, _now, "anna", "");
            Saw("edited");
            Turn(); // what was due before
            var held = _shard.Alerts.All.Where(a => a is { State: AlertState.Raised, Care.Hold: not Hold.Open, Due.Rule: "clock_breach" }).ToList();
            Take(new(_now, []) { Change = new(edit, Set()) });
            foreach (var was in held) GoesOn(was);
        }

        // What is broken by the old text and by the new one is one alert, and who has it keeps it.
        private void GoesOn(Alert was)
        {
            var clocks = _shard.Find(was.Due.Subject)!.Clocks.Where(c => c.Id == was.Due.Clock && c.IsOpen).ToList();
            if (!clocks.Exists(c => c.State == "breached")) return;
            Saw("went on", _shard.Alerts.Find(was.Key)!.RaisedAs is not null);
            var now = Assert.Single(_shard.Alerts.All, a => a.State == AlertState.Raised && a.Due.Subject == was.Due.Subject && a.Due.Rule == was.Due.Rule && a.Due.Clock == was.Due.Clock);
            Assert.True((now.Key, now.Code, now.Since, now.Care.Hold, now.Care.By) == (was.Key, was.Code, was.Since, was.Care.Hold, was.Care.By), $"seed {seed}: an edit took {was.Code} away from {was.Care.By}");
        }

        private PolicySet Set() => PolicySet.Default with { Policy = _policies[^1], Book = PolicyBook.Of(_policies) };

        private void Turn(params Event[] events)
        {
            if (events.Length > 0 && _random.Next(5) == 0) events = [.. events, .. events]; // told twice
            Take(new(_now, events));
        }

        private void Take(TurnInput turn)
        {
            _turns.Add(turn);
            var before = _shard.Alerts.All.ToDictionary(a => a.Key);
            _shard.Step(turn);
            Assert.True(_shard.NextWake > _now, $"seed {seed}: a wake-up must be used up");
            foreach (var alert in _shard.Alerts.All) Check(alert, before.GetValueOrDefault(alert.Key));
        }

        private void Check(Alert alert, Alert? before)
        {
            var (care, standing, name) = (alert.Care, alert.State == AlertState.Raised, $"seed {seed} {alert.Code} {alert.Due.Rule}");
            Assert.True(care.Until is null || care.Next is null, $"{name}: two live timers");
            if (!standing) Assert.True(care is { Until: null, Next: null, Final: "resolved" or "retracted" }, $"{name}: over, and not at rest");
            else if (care.Hold != Hold.Open) Assert.True(care is { Until: not null, Next: null, Final: null }, $"{name}: held without an end");
            else Assert.True(care.Next is null != care.Final is null, $"{name}: next {care.Next}, final {care.Final}");
            Assert.True(care.NextChangeAt > _now, $"{name}: a timer has passed");
            if (standing) Assert.True(_shard.NextWake <= Math.Min(care.NextChangeAt, care.MutedUntil ?? long.MaxValue), $"{name}: nobody will wake it");
            Assert.True(standing || care.Mute == Mute.None, $"{name}: over and quiet");
            if (standing && !_raises.TryAdd(alert.Key, (alert.Since, alert.Due.Ladder)) && _raises[alert.Key] is var raise && raise.Since == alert.Since)
                Assert.True(raise.Ladder == alert.Due.Ladder, $"{name}: an edit changed the ladder of the raise");
            _raises[alert.Key] = (alert.Since, alert.Due.Ladder);
            Ladders(alert, name);
            if (before == alert) return;
            Assert.True(before is null || alert.ChangedAt > before.ChangedAt || !care.Tells(before.Care), $"{name}: two changes look alike");
            Saw(!standing ? care.Final! : care.Hold.ToString().ToLowerInvariant());
            Saw("told", care.Taken.All.Count > 1);
            Saw("last word", care.Taken.All.Count > 0 && care.Taken.All[^1].To == Ladder.LastWord);
            Saw("inhibited", care.Mute == Mute.Inhibited);
            Saw("ran out", before is { Care.Hold: not Hold.Open } && standing && care.Hold == Hold.Open && care.Since < _now);
        }

        // The same by other, obvious code: a step is due when so much time has passed in which nobody had it and nothing kept it quiet.
        private void Ladders(Alert alert, string name)
        {
            if (alert.State != AlertState.Raised) return;
            var busy = Busy(alert).Where(b => b.To > alert.Since && b.From < b.To).Select(b => (From: Math.Max(b.From, alert.Since), b.To)).Order().ToList();
            var rungs = (alert.Due.Ladder ?? Ladder.Default).All;
            Assert.True(rungs.Count <= 20, $"{name}: more than five rounds");
            var right = new List<LadderStep>();
            foreach (var rung in rungs)
                if (Free(busy, alert.Since, rung.AfterMs) is { } at && at <= _now) right.Add(new(rung.To, Math.Max(at, right.Count == 0 ? at : right[^1].At)));
            var taken = alert.Care.Taken.All.Where(s => s.To != Ladder.LastWord).ToList();
            Assert.True(taken.SequenceEqual(right), $"{name} since {alert.Since} now {_now}: told {string.Join(' ', taken)}; should be {string.Join(' ', right)}; busy {string.Join(' ', busy)}");
            if (busy.Any(b => b.From <= _now && _now < b.To)) Assert.True(alert.Care.Hold != Hold.Open || alert.Care.Mute != Mute.None, $"{name}: is not quiet");
            var why = Telling.OfLadder(alert).Why;
            if (alert.Care.Hold != Hold.Open) Assert.True(why == Why.Acknowledged, $"{name}: {why}");
            else if (alert.Care.Mute == Mute.Silenced) Assert.True(why == Why.Silenced, $"{name}: {why}");
        }

        private static long? Free(List<(long From, long To)> busy, long since, long after)
        {
            var (at, left) = (since, after);
            foreach (var (from, to) in busy)
            {
                if (to <= at) continue;
                if (at < from && at + left < from) break;
                left -= Math.Max(0, from - at);
                if (to == long.MaxValue) return null;
                at = to;
            }
            return at + left;
        }

        private IEnumerable<(long From, long To)> Busy(Alert alert)
        {
            foreach (var (what, from, to) in _silences)
                if ((what.Subjects is null || what.Subjects.Contains(alert.Due.Subject.ToString())) && (what.Departments is null || what.Departments.Contains(alert.Due.DepartmentId))
                    && (what.Lights is null || what.Lights.Contains(alert.Due.Level == AlertLevel.Red ? "red" : "yellow"))) yield return (from, to);
            if (alert.Due.Level == AlertLevel.Yellow)
                foreach (var red in _shard.Alerts.Of(alert.Due.Subject).Where(a => a.Due.Level == AlertLevel.Red))
                    if (red.State == AlertState.Raised || red.ChangedAt > red.NoticedAt) yield return (red.Since, red.StoodUntil);
            string? holder = null;
            var (begin, end) = (0L, 0L);
            foreach (var e in _shard.HistoryOf(alert.Due.Subject))
            {
                if (e.Data is not AlertDeed deed || deed.Alert != alert.Key.Id || e.At < alert.Since || e.At > _now) continue;
                var held = holder is not null && end > e.At;
                if (held && deed is not AlertReleased && deed.By != holder) continue;
                var until = deed switch { AlertAcknowledged { Until: { } t } => Ms(t), AlertShelved s => Math.Min(Ms(s.Until), e.At + 86_400_000), AlertReleased => e.At, _ => e.At + 1_800_000 };
                if (deed is not AlertReleased && until <= e.At) continue;
                if (holder is not null) yield return (begin, Math.Min(end, e.At));
                (holder, begin, end) = deed is AlertReleased ? (null, 0, 0) : (deed.By, e.At, until);
            }
            if (holder is not null) yield return (begin, end);
        }

        private static long Ms(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

        private void Recover()
        {
            var again = _random.Next(2) == 0 ? Snapshot() : Frames();
            Assert.True(again.Alerts.All.SequenceEqual(_shard.Alerts.All) && again.NextWake == _shard.NextWake, $"seed {seed}: recovered differently");
            Assert.True(again.Alerts.Silences.All.Select(s => (s.Id, s.From, s.To, s.EndedBy)).SequenceEqual(_shard.Alerts.Silences.All.Select(s => (s.Id, s.From, s.To, s.EndedBy))), $"seed {seed}: silences differ");
            _shard = again;
        }

        private Shard Snapshot()
        {
            Saw("snapshot");
            var again = new Shard(Set(), new());
            again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(_shard.Image())), Set());
            return again;
        }

        private Shard Frames()
        {
            Saw("frames");
            var again = new Shard(PolicySet.Default with { Policy = _policies[0], Book = PolicyBook.Of([_policies[0]]) }, new());
            foreach (var turn in _turns)
            {
                var events = turn.Events.ToArray();
                _random.Shuffle(events);
                again.Step(turn with { Events = events, Replayed = true });
            }
            return again;
        }

        private Event Event(string subject, EventData data) => Story.Event(_now, subject, data, $"e-{++_number}");

        private void Saw(string what, bool that = true)
        {
            if (that) seen[what] = seen.GetValueOrDefault(what) + 1;
        }

        private static ClockPolicy Limited(ClockPolicy clock, int? minutes) => minutes is { } m ? clock with { LimitByPriority = [new(m, LimitUnit.Minute)] } : clock;

        // Two warnings, so that yellow and red stand side by side.
        private static Policy Escalating(int version, int? minutes, int? limit = null) => Policy.SlaDefault with
        {
            Version = version,
            Clocks = [.. Policy.SlaDefault.Clocks.Select(c => c.Id != "first_response" ? c : Limited(c, limit)).Select(c => c.Id != "first_response" || minutes is not { } m ? c : c with { Escalate = [new(new(0, LimitUnit.Minute), "supervisor"), new(new(m, LimitUnit.Minute), "quality")] })],
        };
    }
}
