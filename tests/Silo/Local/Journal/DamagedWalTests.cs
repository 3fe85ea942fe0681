using System.Globalization;
using System.Text;
using OpsMonitor.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

/// <summary>
/// A process that died and a file that was damaged afterwards: what is left is an exact prefix of what was committed, and a loss is announced.
/// <c>OPSMONITOR_WAL_DAMAGES</c> asks for more of them.
/// </summary>
public sealed class DamagedWalTests(ITestOutputHelper output)
{
    private const int Frames = 40, Block = 4096;

    private static readonly int Damages =
        int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_WAL_DAMAGES"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 120;

    [Fact(Timeout = 600_000)]
    public void Whatever_happens_to_the_wal_a_committed_prefix_is_left_and_the_loss_is_announced()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        using var journal = FrameJournal.Open(folder.Path, static _ => { });
        var frames = Enumerable.Range(0, Frames).Select(i => Encoding.ASCII.GetBytes($"frame {i} " + new string((char)('a' + (i % 26)), random.Next(2_000)))).ToList();
        foreach (var frame in frames) journal.Append(frame);
        // As a crash leaves them: the writer has not closed, so nothing was moved out of the WAL.
        var files = new[] { "journal.db", "journal.db-wal", "journal.mark" }.ToDictionary(f => f, f => Bytes(Path.Combine(folder.Path, f)));
        var (lost, whole) = (0, 0);
        for (var i = 0; i < Damages; i++)
        {
            using var copy = new TemporaryFolder();
            var how = Damage(random, files["journal.db-wal"], out var wal);
            foreach (var (name, bytes) in files) File.WriteAllBytes(Path.Combine(copy.Path, name), name.EndsWith("-wal", StringComparison.Ordinal) ? wal : bytes);
            var said = new List<string>();
            using var again = FrameJournal.Open(copy.Path, said.Add);
            Assert.InRange(again.LastSequence, 0, Frames);
            Assert.Equal(frames.Take((int)again.LastSequence), again.ReadFrom(0).Select(f => f.Frame));
            var missing = again.LastSequence < Frames;
            Assert.True(missing == (again.Gap is not null) && missing == said.Exists(s => s.Contains("lost frames", StringComparison.Ordinal)), $"{how}: {again.LastSequence} frames left, said: {string.Join(';', said)}");
            again.Append("and on"u8); // it goes on from there
            if (missing) lost++; else whole++;
        }
        output.WriteLine($"{Damages} damages: {lost} lost frames and said so, {whole} changed nothing");
        Assert.True(lost > Damages / 2);
    }

    private static string Damage(Random random, byte[] wal, out byte[] damaged)
    {
        damaged = [.. wal];
        var at = random.Next(wal.Length);
        switch (random.Next(3))
        {
            case 0:
                damaged = damaged[..at];
                return $"cut at {at}";
            case 1:
                damaged[at] ^= (byte)(1 << random.Next(8));
                return $"a bit at {at}";
            default:
                Array.Clear(damaged, at / Block * Block, Math.Min(Block, wal.Length - (at / Block * Block)));
                return $"a zeroed block at {at / Block * Block}";
        }
    }

    private static byte[] Bytes(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
