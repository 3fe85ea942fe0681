using System.Threading.Channels;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// Notes in the background which frames speak of which subject, so that a subject's whole history is read without walking the journal. It may
/// lag and may be deleted: it is rebuilt from the journal, and a reader waits until it has caught up.
/// </summary>
internal sealed class HistoryIndexer : IDisposable
{
    private const int FramesAtOnce = 64;

    private readonly FrameJournal _journal;
    private readonly SubjectIndex _index;
    // Full means: catch up from the journal instead. A slow index never holds up a turn, nor grows without end.
    private readonly Channel<(long Sequence, IReadOnlyList<Event> Events)> _committed =
        System.Threading.Channels.Channel.CreateBounded<(long, IReadOnlyList<Event>)>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private Task _work = Task.CompletedTask;

    public HistoryIndexer(string folder, FrameJournal journal, Action<string> announce)
    {
        _journal = journal;
        _index = SubjectIndex.Open(folder, announce);
        if (journal.Gap is not null || _index.IndexedTo > journal.LastSequence) _index.ForgetAfter(journal.LastSequence);
        lock (_gate) CatchUp(); // a replay asks for those that left memory
    }

    /// <summary>Recovery is over: what is committed from now on is noted in the background.</summary>
    public void Start()
    {
        Committed(0, []);
        _work = Task.Run(Follow);
    }

    /// <summary>The rows of those that left memory.</summary>
    public long KeptCount => _index.KeptCount;

    /// <summary>Keeps what is about to leave memory, once every frame it follows from is in the index.</summary>
    public void Keep(IReadOnlyList<Leaver> leavers, IReadOnlyList<Alert> alerts, long sequence)
    {
        lock (_gate)
        {
            if (_index.IndexedTo < sequence) CatchUp();
            _index.Keep(leavers, alerts, sequence);
        }
    }

    /// <summary>What was kept so far survives a power cut when this returns: a snapshot is about to rely on it.</summary>
    public void Sync() => _index.Sync();

    /// <summary>Whether so many alerts are kept that were judged by the policies of a mark and follow from frames up to one.</summary>
    public bool KeepsAlerts(long count, string judgedBy, long upTo) => count == 0 || (_index.AlertsJudgedBy == judgedBy && count <= _index.KeptAlerts(upTo));

    /// <summary>Before turns are taken again: where it is all of them, or by other policies, every alert will be kept anew.</summary>
    public void BeginAlerts(string judgedBy, long from)
    {
        if (from == 0 || _index.AlertsJudgedBy != judgedBy) _index.BeginAlerts(judgedBy);
    }

    /// <summary>All events of subjects that left memory, of frames before one, and their alerts as they were then.</summary>
    public IReadOnlyList<Recalled> Recall(IReadOnlyCollection<Subject> subjects, long before) =>
        [.. Histories(subjects, before).Select(r => r with { Alerts = _index.AlertsAbout(r.Subject, before) })];

    /// <summary>All events of subjects that left memory, of frames before one; all those frames were indexed before they left.</summary>
    public IReadOnlyList<Recalled> Histories(IReadOnlyCollection<Subject> subjects, long before)
    {
        var own = Read(subjects, before);
        var surveys = new SortedSet<Subject>(own.SelectMany(o => o.Value.Where(e => e.Subject != o.Key)).Select(e => e.Subject));
        var naming = Read(surveys, before);
        return [.. own.Select(o => new Recalled(o.Key,
            [.. o.Value.Concat(o.Value.Where(e => e.Subject != o.Key).Select(e => e.Subject).Distinct()
                .SelectMany(s => naming[s].Where(e => e.Subject == s && SurveyLinks.NamesNothing(e)))).Order()]))];
    }

    // Each frame once, however many of the subjects it speaks of; of its lines only those that may be theirs are parsed.
    private SortedDictionary<Subject, List<Event>> Read(IReadOnlyCollection<Subject> subjects, long before)
    {
        var found = new SortedDictionary<Subject, List<Event>>();
        var frames = new SortedDictionary<long, List<Subject>>();
        foreach (var subject in subjects)
        {
            found[subject] = [];
            foreach (var sequence in _index.Frames(subject.ToString(), before))
                if (frames.TryGetValue(sequence, out var others)) others.Add(subject); else frames[sequence] = [subject];
        }
        foreach (var (sequence, wanted) in frames)
            foreach (var e in TurnFrame.Read(_journal.ReadFrom(sequence - 1).First().Frame, wanted))
                foreach (var subject in wanted)
                    if (e.Subject == subject || SurveyLinks.TicketOf(e) == subject) found[subject].Add(e);
        return found;
    }

    /// <summary>A turn was committed; never blocks.</summary>
    public void Committed(long sequence, IReadOnlyList<Event> events) => _committed.Writer.TryWrite((sequence, events));

    /// <summary>A subject's events in their one order.</summary>
    public IReadOnlyList<Event> History(Subject subject)
    {
        lock (_gate)
        {
            CatchUp();
            return Histories([subject], long.MaxValue)[0].Events;
        }
    }

    public void Dispose()
    {
        _committed.Writer.TryComplete();
        _work.Wait(TimeSpan.FromSeconds(10));
        _index.Dispose();
    }

    private async Task Follow()
    {
        var batch = new List<(long Sequence, IEnumerable<string> Subjects)>();
        while (await _committed.Reader.WaitToReadAsync())
        {
            lock (_gate)
            {
                var next = _index.IndexedTo + 1;
                while (batch.Count < FramesAtOnce && _committed.Reader.TryRead(out var turn))
                {
                    if (turn.Sequence == next) { batch.Add((next++, Subjects(turn.Events))); continue; } // the turn at hand; nothing is read or parsed again
                    if (turn.Sequence != 0 && turn.Sequence < next) continue;
                    break; // one was left out
                }
                if (batch.Count > 0) _index.Index(batch);
                batch.Clear();
                if (_index.IndexedTo < _journal.LastSequence && !_committed.Reader.TryPeek(out _)) CatchUp();
            }
        }
    }

    private void CatchUp()
    {
        foreach (var some in _journal.ReadFrom(_index.IndexedTo).Chunk(FramesAtOnce))
            _index.Index(some.Select(f => (f.Sequence, Subjects(TurnFrame.Read(f.Frame).Events))));
    }

    private static IEnumerable<string> Subjects(IReadOnlyList<Event> events)
    {
        var last = default(Subject);
        foreach (var e in events)
        {
            if (SurveyLinks.TicketOf(e) is { } ticket) yield return ticket.ToString();
            if (e.Subject == last) continue; // a batch often speaks of one subject in a row; the rest the index ignores
            last = e.Subject;
            yield return last.ToString();
        }
    }
}
