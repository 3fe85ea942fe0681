using System.Text;
using Microsoft.Data.Sqlite;
using OpsMonitor.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

public sealed class FrameJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _announced = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Frames_come_back_in_order_and_unchanged_after_a_restart()
    {
        byte[][] frames = [[], [7], Repeating(100_000), Noise(100_000), Repeating(512), Repeating(513)];
        using (var journal = Open())
        {
            Assert.Equal(Enumerable.Range(1, frames.Length).Select(n => (long)n), frames.Select(f => journal.Append(f)).ToArray());
            Assert.Equal(frames, journal.ReadFrom(0).Select(f => f.Frame));
        }
        using var reopened = Open();
        Assert.Equal(frames.Length, reopened.LastSequence);
        Assert.Equal(frames, reopened.ReadFrom(0).Select(f => f.Frame));
        Assert.Equal([5L, 6L], reopened.ReadFrom(4).Select(f => f.Sequence));
        Assert.Empty(reopened.ReadFrom(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => reopened.ReadFrom(7));
        Assert.Equal(new VerifyReport(frames.Length, null, null), reopened.Verify());
        Assert.Null(reopened.Gap);
        Assert.Empty(_announced);
    }

    [Fact]
    public void The_chain_goes_on_over_a_restart()
    {
        byte[] hash;
        using (var journal = Open())
        {
            Assert.Equal(new byte[32], journal.LastHash.ToArray());
            Fill(journal, 3);
            hash = journal.LastHash.ToArray();
        }
        using var reopened = Open();
        Assert.Equal(hash, reopened.LastHash.ToArray());
        Assert.True(reopened.Holds(3, hash));
        Assert.False(reopened.Holds(2, hash));
        Assert.False(reopened.Holds(4, hash));
        Assert.Equal(4, reopened.Append("more"u8));
        Assert.True(reopened.Verify().Whole);
    }

    [Fact]
    public void Appending_goes_on_while_somebody_reads()
    {
        using var journal = Open();
        Fill(journal, 3);
        foreach (var (_, frame) in journal.ReadFrom(0))
        {
            journal.Append(frame);
            journal.Checkpoint();
        }
        Assert.Equal(6, journal.LastSequence);
    }

    [Fact]
    public void The_settings_that_durability_rests_on_read_back_as_set()
    {
        using var journal = Open();
        Assert.Equal("exclusive", journal.Pragmas["locking_mode"]);
        Assert.Equal("wal", journal.Pragmas["journal_mode"]);
        Assert.Equal("2", journal.Pragmas["synchronous"]);
        Assert.Equal("0", journal.Pragmas["wal_autocheckpoint"]);
        Assert.False(File.Exists(_folder.File("journal.db-shm")));
    }

    [Fact]
    public void A_setting_that_does_not_take_is_refused()
    {
        using var memory = new SqliteConnection("Data Source=:memory:;Pooling=False");
        memory.Open();
        var refusal = Assert.Throws<JournalFailedException>(() => JournalPragmas.Apply(memory));
        Assert.Contains("journal_mode", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_owner_is_told_that_the_folder_is_in_use()
    {
        using (Open())
        {
            var refusal = Assert.Throws<JournalInUseException>(Open);
            Assert.Contains(_folder.Path, refusal.Message, StringComparison.Ordinal);
        }
        Open().Dispose();
    }

    [Theory]
    [InlineData("UPDATE frame SET payload = CAST(substr(payload, 1, 3) || x'7E' || substr(payload, 5) AS BLOB) WHERE sequence = 3")]
    [InlineData("UPDATE frame SET hash = zeroblob(32) WHERE sequence = 3")]
    [InlineData("DELETE FROM frame WHERE sequence = 3")]
    public void A_frame_altered_behind_our_back_is_named(string tampering)
    {
        using (var journal = Open())
            Fill(journal, 5);
        Tamper(tampering);

        using var reopened = Open();
        var read = new List<long>();
        var damage = Assert.Throws<JournalDamagedException>(() => read.AddRange(reopened.ReadFrom(0).Select(f => f.Sequence)));
        Assert.Equal(3, damage.Sequence);
        var report = reopened.Verify();
        Assert.Equal((2L, 3L), (report.Frames, report.BrokenAt));
        Assert.Equal([5L], reopened.ReadFrom(4).Select(f => f.Sequence));
    }

    [Fact]
    public void A_last_frame_that_is_not_the_marked_one_stops_the_start()
    {
        using (var journal = Open())
            Fill(journal, 5);
        Tamper("UPDATE frame SET hash = zeroblob(32) WHERE sequence = 5");
        Assert.Equal(5, Assert.Throws<JournalDamagedException>(Open).Sequence);
    }

    [Fact]
    public void A_file_that_is_no_database_is_called_damaged()
    {
        File.WriteAllText(_folder.File("journal.db"), new string('x', 8192));
        Assert.Equal(0, Assert.Throws<JournalDamagedException>(Open).Sequence);
    }

    [Fact]
    public void A_journal_put_back_to_an_earlier_state_is_announced_as_a_gap_until_it_goes_on()
    {
        using (var journal = Open())
        {
            Fill(journal, 3);
            KeepCopy();
            Fill(journal, 2);
        }
        RestoreCopy();

        using (var rolledBack = Open())
            Assert.Equal(new JournalGap(5, 3), rolledBack.Gap);
        Assert.Contains("5 was committed", Assert.Single(_announced), StringComparison.Ordinal);
        using (var again = Open())
        {
            Assert.Equal(new JournalGap(5, 3), again.Gap);
            Assert.Equal(4, again.Append("sent again"u8));
        }
        using var after = Open();
        Assert.Null(after.Gap);
        Assert.True(after.Verify().Whole);
    }

    [Fact]
    public void A_WAL_cut_short_is_announced_as_a_gap()
    {
        using (var journal = Open())
        {
            Fill(journal, 6);
            KeepCopy();
        }
        RestoreCopy();
        using (var wal = File.OpenWrite(_folder.File("journal.db-wal")))
            wal.SetLength(wal.Length - 1);

        using var reopened = Open();
        Assert.Equal(new JournalGap(6, 5), reopened.Gap);
        Assert.Equal(5, reopened.ReadFrom(0).Count());
    }

    [Fact]
    public void A_mark_that_lags_behind_is_no_gap()
    {
        using (var journal = Open())
        {
            Fill(journal, 2);
            File.Copy(_folder.File("journal.mark"), _folder.File("kept.mark"));
            Fill(journal, 2);
        }
        File.Move(_folder.File("kept.mark"), _folder.File("journal.mark"), overwrite: true);
        using var reopened = Open();
        Assert.Null(reopened.Gap);
        Assert.Empty(_announced);
    }

    [Fact]
    public void A_mark_that_cannot_be_read_is_announced_and_does_not_stop_the_start()
    {
        using (var journal = Open())
            Fill(journal, 2);
        File.WriteAllBytes(_folder.File("journal.mark"), new byte[80]);
        using var reopened = Open();
        Assert.Null(reopened.Gap);
        Assert.Contains("high-water mark", Assert.Single(_announced), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_journal_refuses_every_later_append_but_can_be_read_and_reopened()
    {
        using (var journal = FrameJournal.Open(_folder.Path, _announced.Add, maxBytes: 64 << 10))
        {
            Fill(journal, 2);
            Assert.Throws<JournalFullException>(() => journal.Append(Noise(100_000)));
            Assert.Throws<JournalFailedException>(() => journal.Append("small"u8));
            Assert.Throws<JournalFailedException>(journal.Checkpoint);
            Assert.Equal(2, journal.ReadFrom(0).Count());
        }
        using var roomier = Open();
        Assert.Equal(3, roomier.Append(Noise(100_000)));
        Assert.Null(roomier.Gap);
    }

    [Fact]
    public void The_WAL_stays_bounded_without_anybody_asking()
    {
        using var journal = Open();
        var frame = Noise(4 << 20);
        for (var i = 0; i < 12; i++)
        {
            journal.Append(frame);
            Assert.InRange(new FileInfo(_folder.File("journal.db-wal")).Length, 0, 32 << 20);
        }
        journal.Checkpoint();
        Assert.Equal(0, new FileInfo(_folder.File("journal.db-wal")).Length);
    }

    [Fact]
    public void A_frame_beyond_the_limit_is_refused_and_harms_nothing()
    {
        using var journal = Open();
        Assert.Throws<ArgumentOutOfRangeException>(() => journal.Append(new byte[FrameJournal.MaxFrameBytes + 1]));
        Assert.Equal(1, journal.Append("fits"u8));
    }

    private FrameJournal Open() => FrameJournal.Open(_folder.Path, _announced.Add);

    private static void Fill(FrameJournal journal, int frames)
    {
        for (var i = 0; i < frames; i++)
            journal.Append(Encoding.UTF8.GetBytes($"frame {journal.LastSequence + 1}"));
    }

    private void Tamper(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private void KeepCopy()
    {
        foreach (var name in (string[])["journal.db", "journal.db-wal"])
            File.Copy(_folder.File(name), _folder.File("kept-" + name));
    }

    private void RestoreCopy()
    {
        foreach (var name in (string[])["journal.db", "journal.db-wal"])
            File.Move(_folder.File("kept-" + name), _folder.File(name), overwrite: true);
    }

    private static byte[] Repeating(int length) => Enumerable.Range(0, length).Select(i => (byte)(i % 32)).ToArray();

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(length).NextBytes(noise);
        return noise;
    }
}
