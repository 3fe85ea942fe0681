using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <summary>The guarantees, each checked where it could break first; the rest when all is calm.</summary>
public sealed class Checks(World world, House house, Server server, SimJournal journal)
{
    private const int ShownChecked = 4; // every so manieth picture is compared with the oracle
    private const long OnTimeMs = 1_000, Slack = 2_500;

    private readonly Dictionary<(string, string), List<Event>> _offered = [];
    private readonly Dictionary<Subject, HashSet<string>> _arrived = [];
    // Each level after the one before: 5 minutes, then 15; five rounds.
    private static readonly (string To, long AfterMs)[] UsualLadder =
    [
        .. from round in Enumerable.Range(0, 5)
           from step in new[] { ("owner", 0), ("supervisor", 5), ("department_head", 20), ("executive", 35) }
           select (step.Item1, ((round * 50) + step.Item2) * 60_000L),
    ];

    private (int Epoch, int Frames, Stories Stories) _known = (-1, 0, new());
    private SortedDictionary<string, long>? _before;
    private long _shown, _calmFrom = long.MaxValue;
    private long? _overdueSince;

    public void Plan(IEnumerable<Batch> batches)
    {
        foreach (var e in batches.SelectMany(b => b.Events)) Offered(e);
        world.After(1_000, Beat);
    }

    public void Offered(Event e)
    {
        if (!_offered.TryGetValue((e.Source, e.Id), out var variants)) _offered[(e.Source, e.Id)] = variants = [];
        variants.Add(e);
    }

    /// <summary>Somebody was answered that his saving is kept.</summary>
    public void Saved(string text) =>
        world.Check(journal.Frames.Exists(f => f.Edit?.Text == text), "what is answered as saved is in the journal", () => text);

    public void CalmFrom(long at) => _calmFrom = at;

    /// <summary>The event as it was offered, whatever the server made of it.</summary>
    private Event Original(Event e) => _offered[(e.Source, e.Id)].Find(o => o.Raw.Span.SequenceEqual(e.Raw.Span)) ?? throw new ViolationException("nothing phantom: an event that nobody offered");

    public void Taken(IReadOnlyList<SimOffer> offers)
    {
        foreach (var offer in offers)
            foreach (var e in offer.Events)
            {
                if (e.At > server.Clock + 300_000) world.Coverage.Add("event ahead of time refused");
                if (!_arrived.TryGetValue(e.Subject, out var types)) _arrived[e.Subject] = types = new(StringComparer.Ordinal);
                if (!types.Add(e.Type)) continue;
                if (e.Type == "ticket.resolved" && !types.Contains("ticket.created")) world.Coverage.Add("resolve before open");
            }
    }

    public void Acked(SimOffer offer, IReadOnlyList<Verdict> verdicts)
    {
        for (var i = 0; i < verdicts.Count; i++)
        {
            var e = offer.Events[i];
            if (verdicts[i] == Verdict.Duplicate) world.Coverage.Add("duplicate");
            if (verdicts[i] == Verdict.IdReused) world.Coverage.Add("id used for something else");
            if (verdicts[i] is not (Verdict.Accepted or Verdict.Duplicate)) continue;
            world.Check(journal.Durable.TryGetValue((e.Source, e.Id), out var kept) && kept.Raw.Span.SequenceEqual(e.Raw.Span),
                "what is acknowledged is in the journal", () => $"{e.Source} {e.Id} {verdicts[i]}");
        }
    }

    public void Shown(Picture picture)
    {
        if (_before is { } before && picture.Numbers.GetValueOrDefault("all fcr kept") < before.GetValueOrDefault("all fcr kept")) world.Coverage.Add("a first contact was none after all");
        _before = picture.Numbers;
        if (_shown++ % ShownChecked != 0 && !server.Committing) return;
        Compare(picture, "what is shown follows from what is durable");
    }

    public void Told(OutboxEntry row) =>
        world.Check(journal.Rows.Exists(r => r.Id == row.Id), "what is told is durable", () => $"row {row.Id}");

    /// <param name="earliest">before which this wall could not show it</param>
    public void Displayed(string alarm, long earliest)
    {
        if (!world.Calm || server.Writer.Shard.Alerts.All.FirstOrDefault(a => a.State == AlertState.Raised && a.Due.Level == AlertLevel.Red && Picture.NameOf(a) == alarm) is not { } alert) return;
        var since = alert.FromLateData || alert.ChangedAt != alert.NoticedAt ? alert.ChangedAt : alert.Due.RaisedAt;
        if (since < CalmDue) return;
        world.Check(world.Now <= Math.Max(since + OnTimeMs, earliest), "a breach is on the wall within a second", () => $"{alarm} after {world.Now - since} ms{Story(alert.Due.Subject)}");
    }

    /// <summary>All is calm and has been for a while: everything must have come together.</summary>
    public void Final(Senders senders)
    {
        world.Check(server.Up && !server.Writer.ReadOnly && senders.Open == 0, "every sender is answered in the end", () => $"{senders.Open} batches are not; up {server.Up}, read-only {server.Writer.ReadOnly}");
        foreach (var ((source, id), _) in _offered)
            world.Check(journal.Durable.ContainsKey((source, id)), "everything offered is kept in the end", () => $"{source} {id}");
        var live = server.Writer.Shard;
        world.Check(Recount.Equals(live), "the sums equal a recount", () => "they do not");
        var picture = Picture.Of(live, server.Epoch, 0);
        Compare(picture, "the numbers equal the oracle's");
        server.Viewers.CheckEqual(picture);
        Recoveries(live);
        Rows(live);
        Frames();
        OnTime(live);
    }

    // A clock that was ahead made the server see until then what was not yet.
    private long CalmDue => Math.Max(_calmFrom, server.LatestCalmed) + Slack;

    private void Compare(Picture picture, string guarantee)
    {
        var known = Known();
        var right = Oracle.Of(house.Scene, known, picture.Now);
        if (right.Closed) world.Coverage.Add("a clock stood still while the desk was closed");
        var wrong = picture.Differs(right) ?? Care(known, right, picture.Now);
        if (wrong is not null && picture.Alarms.Concat(right.Alarms).Except(picture.Alarms.Intersect(right.Alarms)).FirstOrDefault() is { } alarm)
            wrong += Story(Subject.Parse(alarm.Split(' ')[0]));
        world.Check(wrong is null, guarantee, () => wrong!);
    }

    // What this process knows to be durable, as it was offered: a later picture of the same process only adds to it.
    private Stories Known()
    {
        if (_known.Epoch != server.Epoch || _known.Frames > server.KnownFrames.Count) _known = (server.Epoch, 0, new());
        for (; _known.Frames < server.KnownFrames.Count; _known.Frames++) Add(_known.Stories, server.KnownFrames[_known.Frames]);
        return _known.Stories;
    }

    private void Add(Stories stories, SimFrame frame)
    {
        foreach (var e in frame.Events) stories.Add(Original(e));
        if (frame.Edit is { } edit) stories.Edits.Add(edit);
    }

    /// <summary>Who has each open breach, and whom the ladder has told; by which version it is judged.</summary>
    private string? Care(Stories known, Oracle.Answer right, long now)
    {
        var terms = new Terms(house.Scene, known.Edits, now);
        foreach (var alert in server.Writer.Shard.Alerts.All)
        {
            if (alert.State != AlertState.Raised || alert.Due.Level != AlertLevel.Red) continue;
            var name = Picture.NameOf(alert);
            if (right.Versions.TryGetValue(name, out var version) && version != alert.Due.RuleVersion) return $"'{name}' is judged by version {alert.Due.RuleVersion}, should be {version}";
            if (!house.Scene.Deeds) continue;
            var percent = alert.Due.Rule == "clock_breach" ? terms.PercentOf(alert.Key.RuleVersion) : 100;
            var ladder = alert.Due.Clock == "first_response" ? [.. House.Escalation.Select(e => (e.To, House.Scaled(e.AfterS, percent) * 1000L))] : UsualLadder;
            var deeds = known.Of(alert.Due.Subject).Where(e => e.Data is AlertDeed).ToList();
            var (words, expired) = Oracle.Care(deeds.Count == 0 ? "" : alert.Key.Id, ladder, alert.Since, deeds, now);
            if (expired) world.Coverage.Add("taken, and the time ran out");
            var care = alert.Care;
            if (care.Taken.All.Count > 0 && server.Boots[^1] > alert.Since && care.Taken.All[^1].At > server.Boots[^1]) world.Coverage.Add("a step of the ladder after a restart");
            var found = (care.Hold == Hold.Open ? "open" : $"{(care.Hold == Hold.Shelved ? "shelved" : "acknowledged")} by {care.By} until {care.Until}") + $"; told {string.Join(", ", care.Taken.All.Select(s => $"{s.To} {s.At}"))}";
            if (found != words) return $"'{name}' is {found}; should be {words}{Story(alert.Due.Subject)}";
        }
        return null;
    }

    /// <summary>A subject's events as the frames brought them: for whoever reads a trace.</summary>
    public string Story(Subject who) => string.Concat(
        from frame in journal.Frames
        from e in frame.Events
        where e.Subject == who
        select $"\n    frame {frame.Sequence} at {frame.Now - world.Start}: {e.Type} of {Original(e).At - world.Start} {e.Source} {e.Id}") + string.Concat(journal.Frames.Where(f => f.Edit is not null).Select(f => $"\n    frame {f.Sequence} at {f.Now - world.Start}: saved '{f.Edit!.Text}' of {f.Edit.At - world.Start}"));

    /// <summary>Live state, full replay, and the newest good snapshot with its tail are the same.</summary>
    private void Recoveries(Shard live)
    {
        var expected = Dump.Digest(live);
        foreach (var snapshot in journal.Snapshots.Where(s => !s.Torn).TakeLast(1).Append(null))
        {
            var again = new Shard(house.Policies, new());
            if (snapshot?.Read() is { } image) again.Resume(image, house.With(image.Edits));
            foreach (var frame in journal.Frames.Skip((int)(snapshot?.Sequence ?? 0)).Select(f => f.Read()))
                again.Step(new(frame.Now, frame.Events, Replayed: true) { Change = frame.Edit is { } edit ? new(edit, house.With([.. again.Edits, edit])) : null });
            again.Step(new(live.Now, []));
            world.Check(Dump.Digest(again) == expected && Recount.Equals(again), "live state = full replay = snapshot and tail",
                () => $"snapshot {snapshot?.Sequence}: {Dump.Difference(Dump.Of(live), Dump.Of(again))}");
        }
    }

    private void Rows(Shard live)
    {
        var last = new Dictionary<string, (AlertState State, string What)>(StringComparer.Ordinal);
        var keys = new HashSet<(string, AlertState, long)>();
        foreach (var row in journal.Rows)
        {
            var what = (row.Row.State, Convert.ToHexString(row.Row.Payload.Span)); // a step of the ladder is a change too
            world.Check(!last.TryGetValue(row.Row.Alert, out var before) || before != what,
                "a change is told once", () => $"{row.Row.Alert} {row.Row.State} twice in a row{ToldOf(row.Row.Alert)}");
            last[row.Row.Alert] = what;
            if (row.Row.State == AlertState.Retracted) world.Coverage.Add("breach retracted");
            world.Check(keys.Add((row.Row.Alert, row.Row.State, row.Row.At)) , "rows tell different things", () => row.Row.Alert);
        }
        foreach (var alert in live.Alerts.All)
        {
            var id = alert.Key.Id;
            world.Check(last.Remove(id, out var told) && told.State == alert.State, "the last that was told is how it is", () => $"{Picture.NameOf(alert)} is {alert.State}, told {told.State}");
            if (alert.FromLateData) world.Coverage.Add("alert from late data");
        }
        world.Check(last.Count == 0, "nothing is told that never was", () => string.Join(", ", last.Keys));
        world.Check(server.Teller.Heard.SetEquals(keys), "everything is told in the end, and nothing else", () => $"{server.Teller.Heard.Count} heard, {keys.Count} to tell");
        world.Check(journal.Rows.TrueForAll(r => journal.SentRows.Contains(r.Id)), "what was told is marked in the end", () => $"{journal.Rows.Count - journal.SentRows.Count} are not");
    }

    private string ToldOf(string alert)
    {
        var rows = journal.Rows.Where(r => r.Row.Alert == alert).ToList();
        return string.Concat(rows.Select(r => $"\n    frame {r.Frame} {r.Row.State} at {r.Row.At - world.Start} {System.Text.Encoding.UTF8.GetString(r.Row.Payload.Span)}"))
            + Story(Subject.Parse(System.Text.Json.JsonElement.Parse(rows[0].Row.Payload.Span).GetProperty("subject").GetString()!));
    }

    /// <summary>Each frame: all that was due when its turn began, by what was known before it, has been raised by then.</summary>
    private void Frames()
    {
        var (known, told) = (new Stories(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var frame in journal.Frames)
        {
            foreach (var row in journal.Rows.Where(r => r.Frame == frame.Sequence && r.Row.State == AlertState.Raised))
                told.Add(NameOf(row.Row)); // as it was then: an edit may have moved it since
            foreach (var alarm in Oracle.Of(house.Scene, known, Math.Max(frame.Now, frame.Clock), alarmsOnly: true).Alarms)
                world.Check(told.Contains(alarm), "due deadlines come before what arrives", () => $"{alarm} was due before frame {frame.Sequence} and never raised");
            Add(known, frame);
        }
    }

    private static string NameOf(OutboxRow row)
    {
        var told = System.Text.Json.JsonElement.Parse(row.Payload.Span);
        return $"{told.GetProperty("subject").GetString()} {told.GetProperty("clock").GetString()} {told.GetProperty("due_at").GetInt64()}";
    }

    private void OnTime(Shard live)
    {
        foreach (var alert in live.Alerts.All)
            if (!alert.FromLateData && alert.Due.RaisedAt > CalmDue)
                world.Check(alert.NoticedAt - alert.Due.RaisedAt <= OnTimeMs, "a breach is noticed within a second", () => $"{Picture.NameOf(alert)} after {alert.NoticedAt - alert.Due.RaisedAt} ms{Story(alert.Due.Subject)}");
    }

    private void Beat()
    {
        var late = server.Up && !server.Committing && server.Writer.Shard.NextWake <= server.Clock;
        _overdueSince = late ? _overdueSince ?? world.Now : null;
        world.Check(!late || world.Now - _overdueSince < 2_000, "nothing due waits for longer than a second", () => $"due {server.Clock - server.Writer.Shard.NextWake} ms ago");
        world.After(1_000, Beat);
    }
}
