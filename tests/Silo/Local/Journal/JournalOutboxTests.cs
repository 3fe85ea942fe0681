using System.Text;
using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Journal;

/// <summary>The outbox in the journal's file: with its cause or not at all, kept until sent, and not for ever afterwards.</summary>
public sealed class JournalOutboxTests : IDisposable
{
    private const long Day = 86_400_000L, Today = 100 * Day;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_come_back_as_they_were_with_the_frame_that_caused_them()
    {
        using (var journal = Open())
        {
            journal.Append("quiet"u8);
            journal.Append("two"u8, [Row("a", AlertState.Raised), Row("a", AlertState.Resolved, at: 7)], []);
            journal.Append("one"u8, [Row("b", AlertState.Retracted)], []);
        }
        using var reopened = Open();
        var unsent = Unsent(reopened);
        Assert.Equal([("a", AlertState.Raised, 2L), ("a", AlertState.Resolved, 2L), ("b", AlertState.Retracted, 3L)], unsent.Select(e => (e.Row.Alert, e.Row.State, e.Frame)));
        Assert.Equal("""{"of":"b"}""", Encoding.UTF8.GetString(unsent[2].Row.Payload.Span));
        Assert.Equal(new OutboxCensus(3, 0, 7), reopened.OutboxCensus());
        Assert.True(reopened.Verify().Whole);
        Assert.Empty(reopened.Unsent("mail", 10, _ => true));
    }

    [Theory]
    [InlineData(200_000, 10)] // the frame finds no room
    [InlineData(10, 200_000)] // the frame does, its row does not
    public void A_commit_that_fails_leaves_neither_frame_nor_row(int frameBytes, int payloadBytes)
    {
        using (var journal = FrameJournal.Open(_folder.Path, _ => { }, maxBytes: 128 << 10))
        {
            journal.Append("first"u8, [Row("a", AlertState.Raised)], []);
            var sent = new OutboxReport(Unsent(journal)[0].Id, 0, Today, 0);
            Assert.Throws<JournalFullException>(() => journal.Append(Noise(frameBytes), [Row("b", AlertState.Raised, Noise(payloadBytes))], [sent]));
            Check(journal);
        }
        using var reopened = Open();
        Check(reopened);

        static void Check(FrameJournal journal)
        {
            Assert.Equal(1, journal.LastSequence);
            Assert.Equal(["a"], Unsent(journal).Select(e => e.Row.Alert)); // nor is anything marked
            Assert.Equal((1, 0), (journal.OutboxCensus().Pending, journal.OutboxCensus().Sent));
            Assert.Single(journal.ReadFrom(0));
        }
    }

    [Fact]
    public void A_row_whose_cause_the_journal_does_not_have_is_not_told()
    {
        using (var journal = Open()) journal.Append("first"u8, [Row("a", AlertState.Raised)], []);
        Sql("INSERT INTO outbox (frame, channel, alert, code, state, at, payload) VALUES (2, 'web', 'b', 'B', 'raised', 1, x'00')");
        using var reopened = Open();
        Assert.Equal(["a"], Unsent(reopened).Select(e => e.Row.Alert));
    }

    [Fact]
    public void A_journal_from_before_the_outbox_is_taken_on_in_place()
    {
        using (var journal = Open())
        {
            journal.Append("one"u8);
            journal.Append("two"u8);
        }
        Sql("DROP TABLE outbox; PRAGMA user_version = 1");

        using (var looked = FrameJournal.Open(_folder.Path, _ => { }, onlyLook: true))
        {
            Assert.Equal(2, looked.Verify().Frames);
            Assert.Equal(default, looked.OutboxCensus());
        }
        Assert.Equal(1, Sql("PRAGMA user_version")); // looking has changed nothing: the build that wrote it still can

        using (var journal = Open()) Assert.Equal(3, journal.Append("three"u8, [Row("a", AlertState.Raised)], []));
        Assert.Equal(2, Sql("PRAGMA user_version"));
        using var reopened = Open();
        Assert.Equal(new VerifyReport(3, null, null), reopened.Verify());
        Assert.Equal([3L], Unsent(reopened).Select(e => e.Frame));
    }

    [Fact]
    public void What_was_sent_long_ago_is_pruned_a_step_at_a_time_and_what_was_not_never_is()
    {
        using var journal = Open();
        journal.Append("old"u8, [.. Enumerable.Range(0, 1_500).Select(i => Row($"old-{i}", AlertState.Raised, at: 1))], []);
        foreach (var step in Unsent(journal).Skip(1).Chunk(500)) journal.Report([.. step.Select(e => new OutboxReport(e.Id, 0, Today - (36 * Day), 0))]);
        journal.Append("new"u8, [Row("new-1", AlertState.Raised), Row("new-2", AlertState.Raised)], []);
        Assert.Equal((3L, 1_499L), (journal.OutboxCensus().Pending, journal.OutboxCensus().Sent));

        MarkOneNew(journal);
        Assert.Equal((2L, 1_499L + 1 - 1_024), (journal.OutboxCensus().Pending, journal.OutboxCensus().Sent));
        MarkOneNew(journal);
        Assert.Equal((1L, 2L), (journal.OutboxCensus().Pending, journal.OutboxCensus().Sent));
        Assert.Equal("old-0", Assert.Single(Unsent(journal)).Row.Alert);

        static void MarkOneNew(FrameJournal journal) =>
            journal.Append("go on"u8, [], [new OutboxReport(Unsent(journal).First(e => e.Row.Alert != "old-0").Id, 0, Today, 0)]);
    }

    [Fact]
    public void A_report_made_twice_counts_once()
    {
        using var journal = Open();
        journal.Append("cause"u8, [Row("a", AlertState.Raised)], []);
        var sent = new OutboxReport(Unsent(journal)[0].Id, 0, Today, 0);
        journal.Report([sent]);
        journal.Report([sent]);
        Assert.Equal(new OutboxCensus(0, 1, null), journal.OutboxCensus());
    }

    private FrameJournal Open() => FrameJournal.Open(_folder.Path, _ => { });

    private static IReadOnlyList<OutboxEntry> Unsent(FrameJournal journal) => journal.Unsent(OutboxRow.Web, 10_000, _ => true);

    private static OutboxRow Row(string alert, AlertState state, byte[]? payload = null, long at = Today) =>
        new(OutboxRow.Web, alert, "BIL-" + alert, state, at, payload ?? Encoding.UTF8.GetBytes($$"""{"of":"{{alert}}"}"""));

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(length).NextBytes(noise);
        return noise;
    }

    private long Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as long? ?? 0;
    }
}
