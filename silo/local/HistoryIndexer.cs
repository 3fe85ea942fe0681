using System.Threading.Channels;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Surveys;
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
    private readonly Task _work;

    public HistoryIndexer(string folder, FrameJournal journal, Action<string> announce)
    {
        _journal = journal;
        _index = SubjectIndex.Open(folder, announce);
        if (journal.Gap is not null || _index.IndexedTo > journal.LastSequence) _index.ForgetAfter(journal.LastSequence);
        Committed(0, []);
        _work = Task.Run(Follow);
    }

    /// <summary>A turn was committed; never blocks.</summary>
    public void Committed(long sequence, IReadOnlyList<Event> events) => _committed.Writer.TryWrite((sequence, events));

    /// <summary>A subject's events in their one order.</summary>
    public IReadOnlyList<Event> History(Subject subject)
    {
        lock (_gate)
        {
            CatchUp();
            var own = In(subject).Where(e => e.Subject == subject || SurveyLinks.TicketOf(e) == subject).ToList();
            var surveys = own.Select(e => e.Subject).Where(s => s != subject).Distinct().ToList();
            return [.. own.Concat(surveys.SelectMany(survey => In(survey).Where(e => e.Subject == survey && SurveyLinks.NamesNothing(e)))).Order()];
        }
    }

    public void Dispose()
    {
        _committed.Writer.TryComplete();
        _work.Wait(TimeSpan.FromSeconds(10));
        _index.Dispose();
    }

    // A frame at a time: ReadFrom walks, so ask only for the frames named.
    private IEnumerable<Event> In(Subject subject) => _index.Frames(subject.ToString()).ToList().SelectMany(At);

    private IEnumerable<Event> At(long sequence) => TurnFrame.Read(_journal.ReadFrom(sequence - 1).First().Frame).Events;

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
