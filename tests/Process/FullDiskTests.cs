using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>A disk that is really full: a tmpfs of few megabytes. Needs the right to mount one, and is passed over without it.</summary>
public sealed class FullDiskTests
{
    private const string Promise = "id: short\nclocks:\n- {id: first_response, start: ticket.created, stop: [ticket.replied], limit: {value: 20, unit: second}, warn: []}\n";

    [Fact(Timeout = 180_000)]
    public async Task On_a_full_disk_nothing_is_taken_deadlines_go_on_and_after_a_restart_with_room_events_are_taken_again()
    {
        using var folder = new TemporaryFolder();
        using var rules = new TemporaryFolder();
        Directory.CreateDirectory(rules.File("policies"));
        await File.WriteAllTextAsync(rules.File("policies/short.yaml"), Promise);
        if (OperatingSystem.IsWindows() || !await Run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder.Path)) Assert.Skip("no tmpfs can be mounted here");
        try
        {
            string key;
            var accepted = 0;
            using (var server = await ServerProcess.StartAsync(folder.Path, "--policy", rules.Path))
            {
                key = server.FirstKey!;
                using var client = ServerClient.With(server.Root, key);
                HttpStatusCode status;
                // Overdue in twenty seconds, when nothing can be stored any more.
                accepted += (await ServerClient.PostAsync(client, [Event("due", "ticket.created", "ticket/due", "")])).Accepted;
                for (var batch = 0; batch < 10; batch++) (_, accepted) = await Fill(client, accepted);
                Fill(folder.File("other")); // to the last page: what is dropped now can be read again, but nothing written beside the journal
                do (status, accepted) = await Fill(client, accepted); while (status == HttpStatusCode.OK);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
                Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
                Assert.Equal("due", await Breached(client));
                server.Kill();
            }
            Assert.True(await Run("mount", "-o", "remount,size=64m", folder.Path));
            using (var server = await ServerProcess.StartAsync(folder.Path, "--policy", rules.Path))
            {
                using var client = ServerClient.With(server.Root, key);
                Assert.Equal(1, (await ServerClient.PostAsync(client, [Event("after", "contact.queued", "contact/after", "")])).Accepted);
                Assert.Equal("due", await Breached(client));
                server.Kill();
            }
            var (exit, said) = await ServerProcess.RunAsync("verify", "--data", folder.Path);
            // One more at most: that it noticed a breach late, the server says as an event of its own.
            Assert.True(exit == 0 && (said.Contains($"({accepted + 1} events)", StringComparison.Ordinal) || said.Contains($"({accepted + 2} events)", StringComparison.Ordinal)), $"{accepted + 1} acknowledged; {said}");
        }
        finally { await Run("umount", "-l", folder.Path); }
    }

    private static async Task<(HttpStatusCode Status, int Accepted)> Fill(HttpClient client, int accepted)
    {
        var events = Enumerable.Range(0, 100).Select(i => Event($"F-{accepted}-{i}", "contact.queued", $"contact/F-{accepted}-{i}", Convert.ToBase64String(Random.Shared.GetItems(Bytes, 800))));
        using var content = new StringContent($"[{string.Join(',', events)}]", Encoding.UTF8, "application/cloudevents-batch+json");
        using var answer = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        return (answer.StatusCode, accepted + (answer.StatusCode == HttpStatusCode.OK ? body.GetProperty("accepted").GetInt32() : 0));
    }

    private static void Fill(string path)
    {
        using var other = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        try
        {
            for (var at = 0L; ; at += Page.Length) RandomAccess.Write(other, Page, at);
        }
        catch (IOException) { } // full
    }

    private static readonly byte[] Page = new byte[4_096];

    /// <summary>The one ticket on the board of alerts, as soon as it is there; a busy machine also hears that it was late itself.</summary>
    private static async Task<string?> Breached(HttpClient client)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(200))
            foreach (var alert in (await ServerClient.GetAsync(client, "/api/v1/alerts")).GetProperty("alerts").EnumerateArray())
                if (alert.GetProperty("level").GetString() == "red" && alert.GetProperty("ticket").GetString() is { } ticket) return ticket;
        return null;
    }

    // Noise that no packing makes small.
    private static string Event(string id, string type, string subject, string noise) =>
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"full","type":"{{{type}}}","time":"{{{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}}","subject":"{{{subject}}}","data":{"kind":"complaint","channel":"phone","queue_id":"q1","noise":"{{{noise}}}"}}""";

    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];

    private static async Task<bool> Run(string program, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception) { return false; }
    }
}
