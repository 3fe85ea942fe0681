using OpsMonitor.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

public sealed class SnapshotStoreTests : IDisposable
{
    private const int FoldVersion = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _announced = [];
    private readonly SnapshotStore _store;

    public SnapshotStoreTests() => _store = new SnapshotStore(_folder.File("snapshots"), FoldVersion);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_snapshot_comes_back_whole_and_two_are_kept()
    {
        Assert.Null(_store.ReadNewestGood(_announced.Add));
        foreach (var sequence in (long[])[10, 20, 30])
            Write(sequence);
        AssertNewest(30);
        Assert.Equal(2, Directory.GetFiles(_folder.File("snapshots")).Length);
        Assert.Empty(_announced);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(-1)]
    public void A_torn_newest_snapshot_gives_way_to_the_one_before(int length)
    {
        Write(10);
        Write(20);
        using (var newest = File.OpenWrite(Snapshot(20)))
            newest.SetLength(length >= 0 ? length : newest.Length + length);

        AssertNewest(10);
        Assert.Contains("Snapshot 20", Assert.Single(_announced), StringComparison.Ordinal);
        Write(30);
        File.Delete(Snapshot(30));
        AssertNewest(10); // the torn one did not push it out
    }

    [Fact]
    public void No_byte_of_a_snapshot_can_change_unnoticed()
    {
        Write(10);
        Write(20);
        var good = File.ReadAllBytes(Snapshot(20));
        for (var at = 0; at < good.Length; at++)
        {
            var bad = good.ToArray();
            bad[at] ^= 0x10;
            File.WriteAllBytes(Snapshot(20), bad);
            var (sequence, hash, payload) = _store.ReadNewestGood(_announced.Add)!.Value;
            Assert.Equal(Hash((byte)sequence), hash);
            Assert.Equal(Payload(sequence), payload);
        }
    }

    [Fact]
    public void A_snapshot_of_another_fold_is_passed_over_and_left_alone()
    {
        Write(10);
        new SnapshotStore(_folder.File("snapshots"), FoldVersion + 1).Write(20, Hash(20), Payload(20));
        AssertNewest(10);
        Assert.Contains("version 4", Assert.Single(_announced), StringComparison.Ordinal);
        Assert.True(File.Exists(Snapshot(20)));
    }

    [Fact]
    public void A_snapshot_of_a_history_the_journal_lost_is_passed_over_and_later_removed()
    {
        Write(10);
        Write(20);
        Assert.Equal(10, _store.ReadNewestGood(_announced.Add, (sequence, _) => sequence <= 15)!.Value.Sequence);
        Write(15);
        AssertNewest(15);
        Assert.False(File.Exists(Snapshot(20)));
    }

    private void Write(long sequence) => _store.Write(sequence, Hash((byte)sequence), Payload(sequence));

    private void AssertNewest(long sequence)
    {
        var (found, hash, payload) = _store.ReadNewestGood(_announced.Add)!.Value;
        Assert.Equal(sequence, found);
        Assert.Equal(Hash((byte)sequence), hash);
        Assert.Equal(Payload(sequence), payload);
    }

    private string Snapshot(long sequence) => Path.Combine(_folder.File("snapshots"), $"{sequence:D19}.snapshot");

    private static byte[] Hash(byte fill) => Enumerable.Repeat(fill, 32).ToArray();

    private static byte[] Payload(long sequence) => Enumerable.Range(0, 5000).Select(i => (byte)(i * sequence / 7)).ToArray();
}
