using OpsMonitor.Grains.Metrics;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>What was put on the shelf is read as it was, however often its neighbours change; the files stay small and go with the process.</summary>
public sealed class ScratchShelfTests : IDisposable
{
    private const int FileBytes = 2_000;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _announced = [];

    public void Dispose() => _folder.Dispose();

    private string Scratch => _folder.File("scratch");

    private ScratchShelf Shelf() => new(Scratch, _announced.Add, FileBytes);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Each_is_read_as_it_was_put_also_by_who_still_holds_an_older_one(int seed)
    {
        var random = new Random(seed);
        using var shelf = Shelf();
        var now = Enumerable.Range(0, 60).Select(_ => Put(null)).ToArray();
        var held = new List<(RestingBytes Kept, byte[] Was)>(); // as a snapshot that is being written holds them
        for (var step = 0; step < 5_000; step++)
        {
            var i = random.Next(3) == 0 ? random.Next(now.Length) : random.Next(10); // some change often, some seldom
            if (random.Next(50) == 0) held.Add(now[i]);
            now[i] = Put(now[i].Kept);
        }
        Assert.All(now.Concat(held), one => Assert.Equal(one.Was, one.Kept.Read()));
        var live = now.Sum(one => one.Was.Length);
        Assert.InRange(shelf.FileBytes, live, (2 * live) + (3 * FileBytes));
        Assert.Empty(_announced);

        (RestingBytes Kept, byte[] Was) Put(RestingBytes? instead)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            return (shelf.Put(bytes, instead), bytes);
        }
    }

    [Fact]
    public void What_a_killed_process_left_is_deleted_and_nothing_is_left_by_one_that_ends()
    {
        Directory.CreateDirectory(Scratch);
        File.WriteAllText(Path.Combine(Scratch, "1.tmp"), "left");
        using (var shelf = Shelf())
        {
            Assert.Empty(Directory.GetFiles(Scratch));
            Assert.Equal([1, 2, 3], shelf.Put([1, 2, 3]).Read());
            Assert.Single(Directory.GetFiles(Scratch));
        }
        Assert.False(Directory.Exists(Scratch));
    }

    [Fact]
    public void Where_nothing_can_be_written_the_bytes_stay_in_memory_and_it_is_said_once()
    {
        File.WriteAllText(Scratch, "a file where the folder should be");
        using var shelf = Shelf();
        var first = shelf.Put([1, 2, 3]);
        Assert.Equal([4, 5], shelf.Put([4, 5], first).Read());
        Assert.Equal([1, 2, 3], first.Read());
        Assert.StartsWith("sums of days ago stay in memory for now: ", Assert.Single(_announced), StringComparison.Ordinal);
    }
}
