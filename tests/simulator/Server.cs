using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>
/// The process round the production <see cref="Writer"/>: does in virtual time what the single-machine host does in real time, and dies at any
/// effect. What it must get right is little: carry effects out in their order, and let nobody read while a commit runs.
/// </summary>
public sealed partial class Server
{
    private const long LongestSleepMs = 1_000;

    private readonly World _world;
    private readonly House _house;
    private readonly Func<IReadOnlyList<PolicyEdit>, PolicySet> _policies;
    private readonly Faults _faults;
    private readonly Planted _planted;
    private readonly List<SimOffer> _queue = [];
    private readonly Queue<WriterEffect> _effects = new();
    private readonly WriterOptions _options;
    private List<SimFrame> _frames = [];
    private List<SimOffer> _turn = [];
    private Action? _ifDurable;
    private long _bootAt, _wakeAt = long.MaxValue, _offset, _turnClock;
    private (Shard? Of, long Version) _drawn;
    private int _sleep;
    private long _pictures;
    private bool _snapshotDone, _waited;

    public Server(World world, House house, Faults faults, Planted planted)
    {
        (_world, _house, _faults, _planted) = (world, house, faults, planted);
        var promises = planted == Planted.CalendarIgnored ? new House(house.Scene.WithoutHours) : house;
        _policies = edits => promises.With(Wrongly(edits));
        Journal = new(faults.Bytes);
        var events = world.Dice.Between(3, 20);
        _options = new() { EventsPerSnapshot = events, SnapshotShare = 1_000, PartWorthKeeping = events % 2 == 0 ? 20 : 1 }; // every second house keeps what its start replayed
        Teller = new(world, faults, this, planted);
        Viewers = new(world, faults, this, planted);
        Checks = new(world, house, this, Journal);
        Writer = new(_policies([]), _options);
    }

    public SimJournal Journal { get; }

    public Teller Teller { get; }

    public Viewers Viewers { get; }

    public Checks Checks { get; }

    public Writer Writer { get; private set; }

    /// <summary>Grows with every start.</summary>
    public int Epoch { get; private set; }

    public bool Up { get; private set; }

    public bool Committing { get; private set; }

    public Picture? Published { get; private set; }

    /// <summary>The server's clock, Unix ms; right when all is calm.</summary>
    public long Clock => _world.Now + _offset;

    /// <summary>The latest that the clock showed before it was right.</summary>
    public long LatestCalmed { get; private set; }

    public bool UpFor(long ms) => Up && _world.Now - _bootAt >= ms;

    /// <summary>Events that this process knows to be durable.</summary>
    public IEnumerable<Event> Known => _frames.SelectMany(f => f.Events);

    /// <summary>Frames that this process knows to be durable.</summary>
    public IReadOnlyList<SimFrame> KnownFrames => _frames;

    /// <summary>When each process began, true time.</summary>
    public List<long> Boots { get; } = [];

    /// <summary>The outbox as this process sees it.</summary>
    public IEnumerable<OutboxEntry> Rows() => Journal.Rows.Where(r => r.Frame <= _frames.Count && !Journal.SentRows.Contains(r.Id));

    public void SetClock(long offset)
    {
        LatestCalmed = Math.Max(LatestCalmed, Clock);
        _world.Coverage.Add(offset < _offset ? "clock set back" : "clock set forward");
        _offset = offset;
        _world.Note("clock", offset);
    }

    public void Boot()
    {
        (Up, _bootAt, _wakeAt, _waited, _snapshotDone) = (true, _world.Now, long.MaxValue, false, false);
        Epoch++;
        Boots.Add(_world.Now);
        _world.Note("boot", Epoch, Journal.Frames.Count);
        Writer = new(_policies([]), _options);
        _frames = [.. Journal.Frames];
        Recover();
        if (Writer.Shard.NextWake <= Clock) _world.Coverage.Add("overdue at start");
        _turnClock = Clock;
        if (_planted != Planted.DeadlinesNotRebuilt) Feed(new WriterInput.Recovered(Clock));
        if (!Up) return;
        Teller.ServerStarted();
        Poll();
    }

    public void Receive(SimOffer offer)
    {
        if (!Up) return; // nobody listens
        _queue.Add(offer);
        _world.Note("received", offer.Batch.Number);
        Poll();
    }

    /// <summary>From a channel, at any time, also while a commit runs.</summary>
    public void Hear(WriterInput input)
    {
        foreach (var effect in Writer.Step(input)) Do(effect);
    }

    /// <summary>Whether the process dies here.</summary>
    public bool CrashesNow()
    {
        if (_world.Calm || !_world.Dice.Chance(_faults.Crash)) return false;
        Crash();
        return true;
    }

    /// <summary>Draws what the walls see. Only what is durable may be in it.</summary>
    public void Publish()
    {
        if (_drawn == (Writer.Shard, Writer.Shard.Version)) return;
        _drawn = (Writer.Shard, Writer.Shard.Version);
        var before = Published;
        Published = Picture.Of(Writer.Shard, Epoch, ++_pictures);
        if (_planted == Planted.FirstContactNotRevoked && before is not null) Unrevoked(before.Numbers, Published.Numbers);
        _world.Note("publish", Published.Version, Published.Alarms.Count);
        Checks.Shown(Published);
        Viewers.Published(Published);
    }

    /// <summary>The process is gone, with all that it had not made durable.</summary>
    public void Crash()
    {
        _world.Note("crash");
        if (Committing)
        {
            if (_editing) _world.Coverage.Add("crash while a saving commits");
            var durable = _world.Dice.Chance(500);
            _world.Coverage.Add(durable ? "crash while committing, durable" : "crash while committing, lost");
            if (durable) _ifDurable!();
        }
        else if (_effects.Any(e => e is WriterEffect.Changed)) _world.Coverage.Add("crash between a saving's commit and its answer");
        else _world.Coverage.Add(_effects.Any(e => e is WriterEffect.Ack) ? "crash between commit and acknowledgement" : "crash");
        (Up, Committing) = (false, false);
        (Published, _drawn) = (null, default);
        _effects.Clear();
        _queue.Clear();
        _savings.Clear();
        Viewers.ServerWent();
        _world.After(_world.Calm ? 500 : _world.Dice.Between(100, _faults.DownMs), () => { if (!Up) Boot(); });
    }

    private void Recover()
    {
        var from = 0L;
        for (var i = Journal.Snapshots.Count - 1; i >= 0 && from == 0; i--)
        {
            var snapshot = Journal.Snapshots[i];
            if (snapshot.Sequence > _frames.Count) continue; // of a history that this journal does not have
            if (snapshot.Torn && _planted != Planted.TornSnapshotTrusted) { _world.Coverage.Add("torn snapshot passed over"); continue; }
            var image = Spoilt(snapshot.Read(), snapshot.Torn);
            Writer.Step(new WriterInput.Resume(image, image.Edits.Count > 0 ? _policies(image.Edits) : null));
            from = snapshot.Sequence;
            if (from < _frames.Count) _world.Coverage.Add("recovered from snapshot and tail");
        }
        var tail = _frames.Skip((int)from).ToList();
        if (_planted == Planted.LastFrameNotReplayed && tail.Count > 1) tail.RemoveAt(tail.Count - 1);
        foreach (var frame in tail.Select(f => f.Read()))
            Writer.Step(new WriterInput.Replay(_planted == Planted.ReplayedAsOfNow ? Clock : frame.Now, frame.Events, ChangeOf(frame.Edit)));
    }

    private ShardImage Spoilt(ShardImage image, bool torn) => _planted switch
    {
        Planted.EditsNotInSnapshot => image with { Edits = [] },
        Planted.DeedsNotInSnapshot => image with { Histories = Only(image, e => e.Data is not AlertDeed) },
        Planted.SurveysNotInSnapshot => image with { Histories = Only(image, e => e.Subject.Kind != SubjectKind.Survey), Surveys = [] },
        Planted.LadderNotInSnapshot => image with { Alerts = [.. image.Alerts.Select(a => a with { Due = a.Due with { Ladder = null } })] },
        Planted.LadderBeginsAnewAtStart => image with { Alerts = [.. image.Alerts.Select(a => a with { Since = Clock })] },
        Planted.DedupeNotInSnapshot => image with { Seen = [] },
        Planted.DedupePrunedEarly => image with { Seen = Half(image.Seen, 1) },
        _ when torn => image with { Seen = Half(image.Seen, 0), Histories = [.. image.Histories.Take(image.Histories.Count / 2)] },
        _ => image,
    };

    private static IReadOnlyList<SeenSince> Half(IReadOnlyList<SeenSince> seen, int which) =>
        [.. seen.Select(s => s with { Known = [.. s.Known.Where((_, i) => which == 0 ? i < s.Known.Count / 2 : i >= s.Known.Count / 2)] })];

    private static IReadOnlyList<KeyValuePair<Subject, History>> Only(ShardImage image, Func<Event, bool> kept) =>
        [.. image.Histories.Select(pair => KeyValuePair.Create(pair.Key, Only(pair.Value, kept)))];

    private static History Only(History whole, Func<Event, bool> kept)
    {
        var part = new History();
        foreach (var e in whole.All.Where(kept))
            if (e.Data is AlertDeed) part.AddDeed(e); else part.Add(e);
        return part;
    }

    /// <summary>The host's loop: a turn when something is queued, due, or waited long enough.</summary>
    private void Poll(bool slept = false)
    {
        if (!Up || Committing || _effects.Count > 0 || (!slept && _queue.Count == 0 && _savings.Count == 0 && _wakeAt > Clock)) return;
        if (_snapshotDone) { _snapshotDone = false; Writer.Step(new WriterInput.SnapshotDone()); }
        if (_savings.TryDequeue(out var saving)) { Change(saving); return; }
        _turn = [.. _queue];
        _queue.Clear();
        _turnClock = Clock;
        Checks.Taken(_turn);
        if (_turn.Count > 1) _world.Coverage.Add("several offers in one turn");
        if (_planted == Planted.JudgedByArrival)
            _turn = [.. _turn.Select(o => new SimOffer(new(o.Batch.Number, o.Batch.SendAt, [.. o.Batch.Events.Select(e => e with { At = Clock })]), o.Answer))];
        var now = _planted == Planted.IngestBeforeDeadlines && _turn.Count > 0 && Writer.Shard.Now > 0 ? Writer.Shard.Now : Clock;
        Feed(new WriterInput.Turn(now, _turn));
        if (Up && !Committing && _effects.Count == 0) Poll();
    }

    private void Feed(WriterInput input)
    {
        foreach (var effect in Writer.Step(input)) _effects.Enqueue(effect);
        while (Up && !Committing && _effects.Count > 0)
        {
            if (CrashesNow()) return;
            Do(_effects.Dequeue());
        }
    }

    private void Do(WriterEffect effect)
    {
        switch (effect)
        {
            case WriterEffect.Commit c: Begin(c); break;
            case WriterEffect.Mark m: Begin(() => { Journal.Report(m.Reports); return null; }, null); break;
            case WriterEffect.Ack a: Answer((SimOffer)a.Offer, a.Verdicts); break;
            case WriterEffect.Refuse r:
                _world.Coverage.Add("refused");
                Answer((SimOffer)r.Offer, _planted == Planted.RefusalAnsweredAsAccepted ? new Verdict[r.Offer.Events.Count] : null);
                break;
            case WriterEffect.Push: Teller.Ask(); break;
            case WriterEffect.Arm a: Sleep(a.WakeAt); break;
            case WriterEffect.ArmReports a: InThisLife(a.WaitMs, () => { Hear(new WriterInput.ReportsWaited()); _waited = true; Wake(); }); break;
            case WriterEffect.Changed c: Saved(c); break;
            case WriterEffect.FailStop: FailStop(); break;
            case WriterEffect.Snapshot s: Keep(s.Image); break;
        }
    }

    private void Wake()
    {
        if (Committing || _effects.Count > 0) { InThisLife(1, Wake); return; }
        if (!_waited) return;
        _waited = false;
        Poll(slept: true);
    }

    private void Answer(SimOffer offer, IReadOnlyList<Verdict>? verdicts)
    {
        _world.Note("answer", offer.Batch.Number, verdicts is null ? -1 : verdicts.Sum(v => (int)v));
        if (verdicts is not null) Checks.Acked(offer, verdicts);
        offer.Answer(verdicts);
    }

    private void Sleep(long wakeAt)
    {
        if (_planted == Planted.NeverArmed || (_planted == Planted.DeadlinesNotRebuilt && !UpFor(1))) wakeAt = long.MaxValue;
        if (_planted == Planted.LadderNeverWakes && Writer.Shard.Alerts.All.Any(a => a.State == AlertState.Raised && a.Care.NextChangeAt == wakeAt)) wakeAt = long.MaxValue;
        if (_planted == Planted.SlowTick && wakeAt != long.MaxValue) wakeAt += 3_000;
        _wakeAt = wakeAt;
        var sleep = ++_sleep;
        if (wakeAt == long.MaxValue) return;
        var wait = Math.Clamp(Math.Max(0, wakeAt) - Clock, 0, _planted == Planted.SleepsThroughClockStep ? 3_600_000 : LongestSleepMs);
        InThisLife(wait, () => { if (sleep == _sleep) Poll(slept: true); });
    }

    private void InThisLife(long ms, Action what)
    {
        var life = Epoch;
        _world.After(ms, () => { if (Up && life == Epoch) what(); });
    }
}
