using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OpsMonitor.Tests.Web.Channels;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>kill -9 while alerts are told: each is told all the same, again only by the id that it had.</summary>
public sealed class ChannelKillTests(ITestOutputHelper output)
{
    private const int Tickets = 120, Kills = 4;

    [Fact(Timeout = 300_000)]
    public async Task A_server_that_is_killed_again_and_again_tells_every_breach_to_the_webhook()
    {
        var (heard, subjects) = (new ConcurrentDictionary<string, int>(), new ConcurrentDictionary<string, string>());
        await using var receiver = await HttpReceiver.StartAsync(async context =>
        {
            var body = JsonElement.Parse(await HttpReceiver.BodyOf(context));
            var id = context.Request.Headers["webhook-id"].ToString();
            heard.AddOrUpdate(id, 1, static (_, n) => n + 1);
            if (body.GetProperty("data").GetProperty("detail").GetProperty("rule").GetString() == "clock_breach") subjects[body.GetProperty("data").GetProperty("detail").GetProperty("subject").GetString()!] = id;
            await Task.Delay(30); // long enough that a kill falls between the sending and its mark
        });
        var folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;
        try
        {
            var key = ApiKeyStore.OpenOrCreate(folder, out _).Add("all", KeyScope.Admin | KeyScope.Ingest | KeyScope.Read, null);
            await File.WriteAllTextAsync(Path.Combine(folder, "channels.yaml"), $"base_url: https://ops.example.com\nallow: ['127.0.0.1']\nchannels:\n- {{id: hook, kind: webhook, url: '{receiver.Url}'}}\nroutes: {{channels: [hook]}}\n");
            for (var kill = 0; kill < Kills; kill++)
            {
                using var server = await ServerProcess.StartAsync(folder);
                using var client = ServerClient.With(server.Root, key);
                if (kill == 0) (await client.PutAsJsonAsync("/api/v1/channels/hook/secrets", new { secret = CourierDesk.Secret })).EnsureSuccessStatusCode();
                var before = heard.Count;
                await ServerClient.PostAsync(client, Enumerable.Range(kill * Tickets / Kills, Tickets / Kills).Select(Ticket));
                for (var end = DateTime.UtcNow.AddSeconds(60); heard.Count < before + 10 && DateTime.UtcNow < end;) await Task.Delay(5);
                server.Kill();
            }
            using var last = await ServerProcess.StartAsync(folder);
            for (var end = DateTime.UtcNow.AddSeconds(90); subjects.Count < Tickets && DateTime.UtcNow < end;) await Task.Delay(50);
            var doubled = heard.Count(h => h.Value > 1);
            output.WriteLine($"{Tickets} tickets, {heard.Count} letters, {heard.Values.Sum()} heard, {doubled} doubled by {Kills} kills");
            Assert.Equal(Tickets, subjects.Count);
            Assert.All(heard, h => Assert.InRange(h.Value, 1, 1 + Kills));
            await last.StopAsync();
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static string Ticket(int n) =>
        $$$"""{"specversion":"1.0","id":"k-{{{n}}}","source":"/pbx","type":"ticket.created","time":"{{{DateTimeOffset.UtcNow.AddMinutes(-20).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}}}","subject":"ticket/K-{{{n}}}","data":{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}}""";
}
