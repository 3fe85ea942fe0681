using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>
/// A centre moves: its journal is exported from one folder, imported into another host in back-fill, and both show the same when they go live.
/// The day lies further back than a live server takes.
/// </summary>
public sealed class MoveTests(ITestOutputHelper output) : IDisposable
{
    private const string DayEnds = "2026-03-03T00:00:00Z";
    private const int BatchSize = 250, PageSize = 1_000;
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 0, 0);

    private readonly TemporaryFolder _old = new(), _new = new(), _files = new();

    public void Dispose()
    {
        foreach (var folder in new[] { _old, _new, _files }) folder.Dispose();
    }

    [Fact(Timeout = 300_000)]
    public async Task A_journal_moved_by_export_and_import_gives_the_same_numbers_and_rows()
    {
        var events = new CallCentre(7, Start).Until(Start + Duration.FromDays(1)).ToList();
        var key = await Fill(_old.Path, events);
        var file = await Exported(events);

        using (var live = await ServerProcess.StartAsync(_new.Path)) // a live server is the wrong place, and says so
        {
            var (exit, said) = await Import(file, live.Root, live.FirstKey!);
            Assert.True(exit == 1 && said.Contains("too_old: ", StringComparison.Ordinal), said);
            (_newKey, var refused) = (live.FirstKey!, Count(said, "rejected"));
            Assert.Equal(events.Count, refused);
            await live.StopAsync();
        }
        using (var backfill = await ServerProcess.StartAsync(_new.Path, "--backfill", "--until", DayEnds))
        {
            var (exit, said) = await Import(file, backfill.Root, _newKey);
            Assert.True(exit == 0 && Count(said, "accepted") == events.Count, said);
            (exit, said) = await Import(file, backfill.Root, _newKey); // broke off, or somebody was not sure
            Assert.True(exit == 0 && Count(said, "duplicates") == events.Count, said);
            await backfill.StopAsync();
        }

        using var before = await ServerProcess.StartAsync(_old.Path);
        using var after = await ServerProcess.StartAsync(_new.Path);
        await SameFromOutside(ServerClient.With(before.Root, key), ServerClient.With(after.Root, _newKey));
        before.Kill();
        after.Kill();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_folder_in_use_and_a_damaged_journal_are_refused_and_leave_no_file()
    {
        var file = Path.Combine(_files.Path, "out.ndjson");
        using (var running = await ServerProcess.StartAsync(_old.Path, "--backfill", "--until", DayEnds))
        {
            var (inUse, why) = await Export(file);
            Assert.True(inUse == 2 && why.Contains("running server", StringComparison.Ordinal), why);
            using var client = ServerClient.With(running.Root, running.FirstKey!);
            foreach (var batch in new CallCentre(7, Start).Until(Start + Duration.FromDays(1)).Take(30).Chunk(10)) await ServerClient.PostAsync(client, batch.Select(Text));
            await running.StopAsync();
        }
        using (var journal = new SqliteConnection($"Data Source={Path.Combine(_old.Path, "journal.db")};Pooling=false"))
        {
            journal.Open();
            using var damage = journal.CreateCommand();
            damage.CommandText = "UPDATE frame SET payload = (SELECT payload FROM frame WHERE sequence = 1) WHERE sequence = 2";
            Assert.Equal(1, damage.ExecuteNonQuery());
        }

        var (exit, said) = await Export(file);

        Assert.True(exit == 1 && said.Contains('2'), said);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_files.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_that_is_no_event_is_counted_and_the_others_are_taken()
    {
        var (file, good) = (Path.Combine(_files.Path, "in.ndjson"), new CallCentre(7, Start).Until(Start + Duration.FromHours(12)).Take(2).Select(Text).ToList());
        File.WriteAllLines(file, [good[0], """{"specversion":"1.0",""", "[]", "", good[1]]);
        using var server = await ServerProcess.StartAsync(_new.Path, "--backfill", "--until", DayEnds);

        var (exit, said) = await Import(file, server.Root, server.FirstKey!);
        var (exitOfWrongKey, saidOfWrongKey) = await Import(file, server.Root, "om_live_nobody_xyz");

        Assert.True(exit == 1 && Count(said, "accepted") == 2 && Count(said, "rejected") == 2, said);
        Assert.Contains("malformed_json: 1 (line 2)", said, StringComparison.Ordinal);
        Assert.True(exitOfWrongKey == 2 && saidOfWrongKey.Contains("401", StringComparison.Ordinal), saidOfWrongKey);
        server.Kill();
    }

    private string _newKey = "";

    /// <returns>the folder's key</returns>
    private static async Task<string> Fill(string folder, List<Event> events)
    {
        using var server = await ServerProcess.StartAsync(folder, "--backfill", "--until", DayEnds);
        using var client = ServerClient.With(server.Root, server.FirstKey!);
        foreach (var batch in events.Chunk(BatchSize)) await ServerClient.PostAsync(client, batch.Select(Text));
        await server.StopAsync();
        return server.FirstKey!;
    }

    /// <summary>Exports in two parts, as one does who stops the old server only for the second, and checks them against what was sent.</summary>
    private async Task<string> Exported(List<Event> events)
    {
        var (whole, rest) = (Path.Combine(_files.Path, "whole.ndjson.gz"), Path.Combine(_files.Path, "rest.ndjson"));
        var (exit, said) = await Export(whole);
        Assert.True(exit == 0 && said.StartsWith($"{events.Count} events of frames 1 to ", StringComparison.Ordinal), said);
        output.WriteLine(said.Trim());
        Assert.Equal(events.Select(Text), Lines(whole)); // canonical, and in the order in which they were kept
        (exit, said) = await Export(rest, "--from-seq", "5");
        Assert.True(exit == 0, said);
        var tail = File.ReadAllLines(rest);
        Assert.InRange(tail.Length, 1, events.Count - 1);
        Assert.Equal(events.TakeLast(tail.Length).Select(Text), tail);
        return whole;
    }

    private async Task SameFromOutside(HttpClient before, HttpClient after)
    {
        var (numbers, rows) = (0, 0);
        var scopes = (await ServerClient.GetAsync(before, "/api/v1/tickets?limit=1000")).GetProperty("items").EnumerateArray()
            .Select(t => t.GetProperty("department_id").GetString()).OfType<string>().Distinct().Select(d => $"department:{d}").Prepend("all");
        foreach (var scope in scopes)
        {
            // The day, and all that came of it: closed intervals, which the time between the two readings cannot touch.
            foreach (var window in new[] { $"{Start}/{DayEnds}", "2026-03-02T10:00:00Z/2026-03-02T11:00:00Z", $"{Start}/2026-06-01T00:00:00Z" })
            {
                var path = $"/api/v1/metrics?scope={scope}&window={window}";
                var (was, now) = (Timeless(await ServerClient.GetAsync(before, path)), Timeless(await ServerClient.GetAsync(after, path)));
                Assert.Equal(was, now);
                numbers += was.Count;
            }
        }
        foreach (var list in new[] { "tickets", "contacts", "callbacks" })
        {
            var was = await Rows(before, list);
            Assert.NotEmpty(was);
            Assert.Equal(was, await Rows(after, list));
            rows += was.Count;
        }
        output.WriteLine($"{numbers} numbers and {rows} rows are the same");
    }

    private static List<string> Timeless(JsonElement answer) =>
        [.. answer.GetProperty("metrics").EnumerateObject().Select(m => $"{m.Name} {m.Value.GetRawText()}")];

    private static async Task<List<string>> Rows(HttpClient client, string list)
    {
        var rows = new List<string>();
        string? cursor = null;
        do
        {
            var page = await ServerClient.GetAsync(client, $"/api/v1/{list}?limit={PageSize}{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            rows.AddRange(page.GetProperty("items").EnumerateArray().Select(r => r.GetRawText()));
            cursor = page.GetProperty("cursor").GetString();
        }
        while (cursor is not null);
        return rows;
    }

    private Task<(int ExitCode, string Output)> Export(string file, params string[] more) =>
        ServerProcess.RunAsync(["export", "--data", _old.Path, "--output", file, .. more]);

    private static Task<(int ExitCode, string Output)> Import(string file, Uri root, string key) =>
        ServerProcess.RunAsync("import", "--input", file, "--url", root.AbsoluteUri, "--key", key);

    /// <summary>The number before a word in "sent 9: 8 accepted, 0 duplicates, 1 rejected".</summary>
    private static int Count(string said, string word)
    {
        var words = said.Split([' ', ',', '\n', ':', ';'], StringSplitOptions.RemoveEmptyEntries);
        return int.Parse(words[Array.IndexOf(words, word) - 1], CultureInfo.InvariantCulture);
    }

    /// <summary>As a server keeps it: canonical.</summary>
    private static string Text(Event e) => Encoding.UTF8.GetString(EventReader.Read(e.Raw).Event!.Raw.Span);

    private static IEnumerable<string> Lines(string packed)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(packed), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
