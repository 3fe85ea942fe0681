using System.Threading.Channels;
using OpsMonitor.Grains.Events;
using OpsMonitor.Silo.Local.Journal;

namespace OpsMonitor.Silo.Local;

/// <summary>
/// Notes in the background which frames speak of which subject, so that a subject's whole history is read without walking the journal. It may
/// lag and may be deleted: it is rebuilt from the journal, and a reader waits until it has caught up.
/// </summary>
internal sealed class HistoryIndexer : IDisposable
{
    private readonly FrameJournal _journal;
    private readonly SubjectIndex _index;
    private readonly Channel<long> _behind = System.Threading.Channels.Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Lock _gate = new();
    private readonly Task _work;

    public HistoryIndexer(string folder, FrameJournal journal, Action<string> announce)
    {
        _journal = journal;
        _index = SubjectIndex.Open(folder, announce);
        if (journal.Gap is not null || _index.IndexedTo > journal.LastSequence) _index.ForgetAfter(journal.LastSequence);
        Committed();
        _work = Task.Run(Follow);
    }

    /// <summary>Something was committed; never blocks.</summary>
    public void Committed() => _behind.Writer.TryWrite(0);

    /// <summary>A subject's events in their one order.</summary>
    public IReadOnlyList<Event> History(Subject subject)
    {
        lock (_gate)
        {
            CatchUp();
            // A frame at a time: ReadFrom walks, so ask only for the frames named.
            return [.. _index.Frames(subject.ToString()).ToList().SelectMany(At).Where(e => e.Subject == subject).Order()];
        }
    }

    public void Dispose()
    {
        _behind.Writer.TryComplete();
        _work.Wait(TimeSpan.FromSeconds(10));
        _index.Dispose();
    }

    private IEnumerable<Event> At(long sequence) => TurnFrame.Read(_journal.ReadFrom(sequence - 1).First().Frame).Events;

    private async Task Follow()
    {
        await foreach (var _ in _behind.Reader.ReadAllAsync())
            lock (_gate) CatchUp();
    }

    private void CatchUp()
    {
        foreach (var (sequence, frame) in _journal.ReadFrom(_index.IndexedTo))
            _index.Index(sequence, TurnFrame.Read(frame).Events.Select(e => e.Subject.ToString()).Distinct(StringComparer.Ordinal));
    }
}
