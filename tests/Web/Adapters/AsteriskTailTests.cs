using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

public sealed class AsteriskTailTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opsmonitor-tail-").FullName;
    private readonly ConcurrentQueue<string> said = new();
    private readonly Desk desk = new();

    private string Log => Path.Combine(folder, "queue_log");

    public void Dispose()
    {
        desk.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_log_renamed_while_calls_go_on_and_the_writer_is_late_to_turn_loses_and_doubles_nothing()
    {
        using var writer = new QueueLogWriter(Log);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        writer.Begin(1);
        var running = Tail(stop.Token);
        await Until(() => desk.Taken.Count > 0, stop.Token); // the first start begins with the log as it is
        for (var round = 1; round <= 6; round++)
        {
            writer.Begin(20);
            writer.RenameTo($"{Log}.{round}");
            if (round % 2 == 0) await File.WriteAllTextAsync(Log, "", stop.Token); // logrotate's create
            await Task.Delay(50, stop.Token);
            writer.End(10); // into the renamed file
            await Task.Delay(50, stop.Token);
            writer.Reopen();
            writer.End(10);
        }
        await Until(() => desk.Taken.Count >= Expected(writer).Count, stop.Token);
        await stop.CancelAsync();
        await running;
        // In what order late lines of the old file and the first of the new one are seen is the machine's mood; the events carry their times.
        Assert.Equal(Expected(writer).Order(StringComparer.Ordinal), desk.Taken.Order(StringComparer.Ordinal));
        Assert.Empty(said);
    }

    [Fact]
    public async Task A_log_copied_and_cut_off_is_read_on_in_its_copy_also_when_it_has_grown_past_the_old_place()
    {
        using var writer = new QueueLogWriter(Log);
        writer.Begin(3);
        await Once();
        writer.End(3);
        writer.CopyAndCut(Log + ".1");
        writer.Begin(200); // longer than what was read
        writer.End(200);
        await Once();
        Assert.Equal(Expected(writer), desk.Taken);
        Assert.Empty(said);
    }

    [Fact]
    public async Task Rotations_while_nobody_read_are_caught_up_with_in_order_packed_ones_too()
    {
        using var writer = new QueueLogWriter(Log);
        writer.Begin(5);
        await Once();
        writer.End(3);
        Rotate(writer, "-20260301", minutesAgo: 30);
        Pack(Log + "-20260301");
        writer.End(1);
        writer.Begin(4);
        Rotate(writer, "-20260302", minutesAgo: 20);
        writer.End(2);
        Rotate(writer, "-20260303", minutesAgo: 10);
        writer.End(3);
        await Once();
        Assert.Equal(Expected(writer), desk.Taken);
        Assert.Empty(said);
    }

    [Fact]
    public async Task A_first_start_on_an_empty_log_knows_later_what_was_written_since()
    {
        await File.WriteAllTextAsync(Log + ".7", "1772355000|old|support|NONE|ENTERQUEUE||x|1\n", TestContext.Current.CancellationToken);
        using var writer = new QueueLogWriter(Log);
        await Once();
        await Task.Delay(20, TestContext.Current.CancellationToken);
        writer.Begin(3);
        writer.RenameTo(Log + ".2");
        writer.Reopen();
        await Task.Delay(20, TestContext.Current.CancellationToken);
        writer.End(3);
        writer.RenameTo(Log + ".1");
        writer.Reopen();
        writer.Begin(2);
        await Once();
        Assert.Equal(Expected(writer), desk.Taken);
    }

    [Fact]
    public async Task Killed_between_the_servers_yes_and_the_note_of_it_the_tail_says_the_same_again_under_the_same_ids()
    {
        using var writer = new QueueLogWriter(Log);
        writer.Begin(8);
        await Once();
        var before = await File.ReadAllBytesAsync(State);
        writer.End(8);
        await Once();
        await File.WriteAllBytesAsync(State, before);
        var report = await Once();
        Assert.Equal((0, report.Sent), (report.Accepted, report.Duplicates));
        Assert.True(report.Sent > 8);
        Assert.Equal(Expected(writer), desk.Taken);
    }

    [Fact]
    public async Task A_file_that_vanished_with_unread_lines_is_told_and_the_new_one_is_read()
    {
        using var writer = new QueueLogWriter(Log);
        writer.Begin(5);
        await Once();
        File.Delete(Log);
        writer.Reopen();
        writer.End(5);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var running = Tail(stop.Token);
        await Until(() => !said.IsEmpty && desk.Taken.Count > 15, stop.Token);
        await stop.CancelAsync();
        Assert.Equal(1, (await running).Lost);
        Assert.Contains("may be missing", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_that_is_none_is_kept_and_a_line_half_written_is_waited_for()
    {
        using var writer = new QueueLogWriter(Log);
        writer.Begin(1);
        writer.Raw("what is this\n");
        await File.AppendAllTextAsync(Log, "1772355700|c0|support|SIP/ann|CONN", TestContext.Current.CancellationToken);
        var report = await Once();
        Assert.Equal((2L, 1L), (report.Lines, report.Unreadable));
        await File.AppendAllTextAsync(Log, "ECT|5|x|2\n", TestContext.Current.CancellationToken);
        await Once();
        Assert.Equal(["contact.initiated", "contact.queued", "contact.answered"], desk.Types);
        Assert.Equal("line 2: 1 fields, at least 5 are needed\twhat is this", Assert.Single(await File.ReadAllLinesAsync(State + ".unmapped", TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task While_the_server_is_away_nothing_is_noted_and_when_it_is_back_all_is_told_once()
    {
        using var writer = new QueueLogWriter(Log);
        desk.Away = 2;
        writer.Begin(4);
        writer.End(4);
        await Once();
        Assert.Equal(Expected(writer), desk.Taken);
    }

    private string State => Log + ".opsmonitor";

    private Task<AsteriskTailReport> Tail(CancellationToken stop) => Task.Run(() => New(once: false).RunAsync(stop), stop);

    private Task<AsteriskTailReport> Once() => New(once: true).RunAsync(TestContext.Current.CancellationToken);

    private AsteriskTail New(bool once) => new(new(Log, new("http://127.0.0.1:9"), null, DateTimeZone.Utc, State, once) { Poll = TimeSpan.FromMilliseconds(10), Handler = desk }, said.Enqueue);

    /// <summary>What the converter says of the log as if it had never been rotated.</summary>
    private static List<string> Expected(QueueLogWriter writer)
    {
        using var text = new StringReader(writer.All);
        return [.. new AsteriskQueueLogConverter().Convert(text, DateTimeZone.Utc).Select(e => e.Id)];
    }

    private static void Rotate(QueueLogWriter writer, string ending, int minutesAgo)
    {
        writer.RenameTo(writer.Path + ending);
        writer.Reopen();
        File.SetLastWriteTimeUtc(writer.Path + ending, DateTime.UtcNow.AddMinutes(-minutesAgo));
    }

    private static void Pack(string file)
    {
        var written = File.GetLastWriteTimeUtc(file);
        using (var plain = File.OpenRead(file))
        using (var packed = new GZipStream(File.Create(file + ".gz"), CompressionLevel.Fastest)) plain.CopyTo(packed);
        File.SetLastWriteTimeUtc(file + ".gz", written);
        File.Delete(file);
    }

    private static async Task Until(Func<bool> holds, CancellationToken stop)
    {
        for (var n = 0; n < 500 && !holds(); n++) await Task.Delay(20, stop);
    }

    /// <summary>A server that takes everything and tells a repeat.</summary>
    private sealed class Desk : HttpMessageHandler
    {
        private readonly HashSet<string> known = new(StringComparer.Ordinal);
        private readonly List<(string Id, string Type)> taken = [];

        public int Away { get; set; }

        public List<string> Taken
        {
            get { lock (known) return [.. taken.Select(t => t.Id)]; }
        }

        public List<string> Types
        {
            get { lock (known) return [.. taken.Select(t => t.Type)]; }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            using var batch = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancel));
            lock (known)
            {
                if (Away-- > 0) return new(HttpStatusCode.ServiceUnavailable);
                var lines = batch.RootElement.EnumerateArray().Select(Take).ToList();
                return new(HttpStatusCode.OK) { Content = new StringContent($$"""{"events":[{{string.Join(',', lines)}}]}""", Encoding.UTF8, "application/json") };
            }
        }

        private string Take(JsonElement e)
        {
            var id = e.GetProperty("id").GetString()!;
            if (!known.Add(id)) return """{"status":"duplicate"}""";
            taken.Add((id, e.GetProperty("type").GetString()!));
            return """{"status":"accepted"}""";
        }
    }
}
