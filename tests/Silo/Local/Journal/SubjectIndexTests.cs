using OpsMonitor.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

public sealed class SubjectIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _announced = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Frames_are_found_by_subject_after_a_restart()
    {
        using (var index = Open())
        {
            Assert.Equal(0, index.IndexedTo);
            index.Index([(1, ["ticket/T-1", "ticket/T-2", "ticket/T-1"]), (2, ["ticket/T-2"])]);
            index.Index([(3, [])]);
            index.Index([(1, ["ticket/T-9"])]); // already indexed: passed over
        }
        using var reopened = Open();
        Assert.Equal(3, reopened.IndexedTo);
        Assert.Equal([1L], reopened.Frames("ticket/T-1"));
        Assert.Equal([1L, 2L], reopened.Frames("ticket/T-2"));
        Assert.Empty(reopened.Frames("ticket/T-9"));
        Assert.Empty(_announced);
    }

    [Fact]
    public void Frames_lost_by_the_journal_are_forgotten()
    {
        using var index = Open();
        for (long sequence = 1; sequence <= 5; sequence++)
            index.Index([(sequence, ["ticket/T-1"])]);
        index.ForgetAfter(3);
        Assert.Equal(3, index.IndexedTo);
        Assert.Equal([1L, 2L, 3L], index.Frames("ticket/T-1"));
        index.Index([(4, ["ticket/T-2"])]);
        Assert.Equal([4L], index.Frames("ticket/T-2"));
    }

    [Fact]
    public void An_unreadable_index_is_announced_and_begun_anew()
    {
        File.WriteAllText(_folder.File("history.db"), new string('x', 8192));
        using var index = Open();
        Assert.Equal(0, index.IndexedTo);
        Assert.Single(_announced);
        index.Index([(1, ["ticket/T-1"])]);
        Assert.Equal([1L], index.Frames("ticket/T-1"));
    }

    private SubjectIndex Open() => SubjectIndex.Open(_folder.Path, _announced.Add);
}
