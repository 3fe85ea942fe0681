using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Tests.Grains;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

/// <summary>Old frames are packed into files, and nobody notices: reading, the chain, starts. Broken off anywhere, nothing is lost.</summary>
public sealed class ArchiveTests : IDisposable
{
    private sealed class Crash : Exception;

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Packed_frames_are_read_as_before_and_the_chain_goes_on()
    {
        var frames = Fill(1_200);
        using (var journal = Open())
        {
            Assert.Equal(700, journal.Archive(700));
            Check(journal, frames);
            journal.Append("one more"u8);
            Assert.Equal(300, journal.Archive(1_000));
            Assert.Equal(201, journal.Archive(long.MaxValue) + 1); // the newest stays, and it is the 1,201st
            frames.Add("one more"u8.ToArray());
            Check(journal, frames);
        }
        using var again = Open();
        Assert.Equal((1_200, 1_201), (again.ArchivedTo, again.LastSequence));
        Check(again, frames);
        Assert.Equal(0, again.Archive(5));
        Assert.Empty(_said);
    }

    [Fact]
    public void Broken_off_at_any_step_every_frame_is_there_after_a_start()
    {
        var (steps, frames) = (0, Fill(1_300));
        for (var crashAt = 1; ; crashAt++)
        {
            using var folder = new TemporaryFolder();
            foreach (var file in Directory.GetFiles(_folder.Path)) File.Copy(file, folder.File(Path.GetFileName(file)));
            var (seen, crashed) = (0, false);
            using (var journal = FrameJournal.Open(folder.Path, _said.Add))
                try { journal.Archive(1_250, _ => { if (++seen == crashAt) throw new Crash(); }); }
                catch (Crash) { crashed = true; }
            // Also as a power cut would leave it: the file that was being written is half of one.
            if (crashed && Path.Combine(folder.Path, "archive", "writing.tmp") is var half && File.Exists(half) && crashAt == 2) File.WriteAllBytes(half, File.ReadAllBytes(half)[..10]);
            for (var start = 0; start < 2; start++)
                using (var journal = FrameJournal.Open(folder.Path, _said.Add))
                {
                    Check(journal, frames);
                    if (start == 1) journal.Archive(1_250);
                    Check(journal, frames);
                }
            if (!crashed) break;
            steps++;
        }
        Assert.True(steps >= 7, $"{steps} steps");
        Assert.Empty(_said);
    }

    [Fact]
    public void Reading_goes_on_while_frames_are_packed()
    {
        var frames = Fill(1_500);
        using var journal = Open();
        var n = 0;
        foreach (var (sequence, frame) in journal.ReadFrom(0))
        {
            Assert.Equal(frames[n++], frame);
            if (sequence % 300 == 0) journal.Archive(sequence + 100);
        }
        Assert.Equal(1_500, n);
    }

    [Fact]
    public void A_file_that_is_gone_or_altered_is_announced_and_never_read_as_if_it_were_whole()
    {
        Fill(900);
        using (var journal = Open()) { journal.Archive(300); journal.Archive(600); }
        var files = Directory.GetFiles(Path.Combine(_folder.Path, "archive")).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(2, files.Count);
        var bytes = File.ReadAllBytes(files[1]);
        File.Delete(files[1]);
        using (var journal = Open())
        {
            Assert.Contains(_said, s => s.Contains("lost its beginning", StringComparison.Ordinal) && s.Contains("frames from 601 on", StringComparison.Ordinal) && s.Contains("ends at 300", StringComparison.Ordinal));
            Assert.Equal((300L, 301L), (journal.Verify().Frames, journal.Verify().BrokenAt));
        }
        bytes[^20] ^= 1;
        File.WriteAllBytes(files[1], bytes);
        using (var journal = Open()) Assert.InRange(journal.Verify().BrokenAt!.Value, 301, 600);
        File.WriteAllBytes(files[1], [.. bytes[..50], (byte)(bytes[50] ^ 1), .. bytes[51..]]);
        _said.Clear();
        using (Open()) { }
        Assert.Contains(_said, s => s.Contains("cannot be used", StringComparison.Ordinal));
        File.Delete(files[0]);
        _said.Clear();
        using (Open()) { }
        Assert.Contains(_said, s => s.Contains("lost its beginning", StringComparison.Ordinal));
    }

    [Fact]
    public void A_database_that_is_gone_is_a_gap_and_what_is_packed_stays()
    {
        var frames = Fill(400);
        using (var journal = Open()) journal.Archive(350);
        foreach (var file in Directory.GetFiles(_folder.Path, "journal.db*")) File.Delete(file);
        using var reopened = Open();
        Assert.Equal(new JournalGap(400, 350), reopened.Gap);
        Assert.Equal(351, reopened.Append("again"u8));
        Check(reopened, [.. frames[..350], "again"u8.ToArray()]);
    }

    [Fact]
    public async Task A_server_that_packs_its_journal_starts_from_it_with_and_without_a_snapshot()
    {
        var clock = new SetClock();
        clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms("09:00:00")));
        LocalHost Host() => LocalHost.Open(new(_folder.Path, PolicySet.Default) { LeaveAfterMs = 0 }, clock, _said.Add);
        for (var day = 0; day < 4; day++)
        {
            await using var host = Host();
            for (var i = 0; i < 50; i++)
            {
                clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms($"+{day} 10:00:00") + i));
                await host.OfferAsync([Story.Event(clock.NowMs, $"ticket/{day}-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone), $"{day}-{i}")], default);
            }
        }
        using (var journal = Open())
        {
            var packed = JournalArchive.Pack(journal, new(_folder.Path, ShardSnapshot.FoldVersion), Story.Ms("+2 00:00:00"));
            Assert.InRange(packed, 100, journal.LastSequence - 100); // ticks that raised something are frames too
            Assert.Equal(0, JournalArchive.Pack(journal, new(_folder.Path, ShardSnapshot.FoldVersion), Story.Ms("+2 00:00:00")));
        }
        await using (var host = Host())
        {
            Assert.Equal(200, host.Read(s => s.EventCount));
            Assert.Contains(host.History(new(SubjectKind.Ticket, "0-7"))!, e => e.Id == "0-7");
        }
        foreach (var file in Directory.GetFiles(_folder.Path, "*.snapshot").Concat(Directory.GetFiles(_folder.Path, "history.db*"))) File.Delete(file);
        await using (var host = Host()) Assert.Equal(200, host.Read(s => s.EventCount));
    }

    private static void Check(FrameJournal journal, List<byte[]> frames)
    {
        Assert.Equal(frames.Count, journal.LastSequence);
        Assert.Equal(frames, journal.ReadFrom(0).Select(f => f.Frame));
        foreach (var after in (int[])[1, 299, 500, 699, 700, 701])
            if (after < frames.Count) Assert.Equal(frames[after], journal.ReadFrom(after).First().Frame);
        Assert.True(journal.Verify().Whole);
        Assert.Null(journal.Gap is { } gap && gap.Found != journal.ArchivedTo ? gap : null);
    }

    private List<byte[]> Fill(int count, string? folder = null)
    {
        var random = new Random(count);
        var frames = Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetBytes($$"""{"n":{{i}},"text":"{{string.Concat(Enumerable.Repeat("again ", random.Next(300)))}}"}""")).ToList();
        using var journal = FrameJournal.Open(folder ?? _folder.Path, _said.Add);
        foreach (var frame in frames) journal.Append(frame);
        return frames;
    }

    private FrameJournal Open() => FrameJournal.Open(_folder.Path, _said.Add);
}
