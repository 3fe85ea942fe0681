using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Hostile;

/// <summary>
/// Whatever is sent to any address, the whole server stays up, says what is wrong, and counts what it acknowledged and nothing else.
/// <c>OPSMONITOR_MUTATIONS</c> asks for more of it.
/// </summary>
public sealed partial class HostileInputTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Few = 3_000, Senders = 4, SlowOnes = 40, MostEvents = 10;
    private const long SparedBytes = 24L << 20, BytesPerEvent = 4 << 10, UnexplainedBytes = 4L << 20;

    private static readonly TimeSpan PoolsAreEmpty = TimeSpan.FromSeconds(75);

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-hostile-").FullName;
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);
    private WebApplication _app = null!;
    private Uri _root = null!;
    private string _key = "";
    private long _accepted;
    private int _inDoubt;

    public async ValueTask InitializeAsync()
    {
        Put("secrets/zendesk", "zendesk-secret\n");
        Put("secrets/zammad", "zammad-token");
        Put("secrets/twilio", "12345");
        foreach (var name in new[] { "zendesk", "zammad" }) Put($"reference/adapters/{name}-open.yaml", $"base: {name}\nauth: {{kind: key}}\n");
        Put("reference/adapters/taskrouter-open.yaml", "base: twilio-taskrouter\nauth: {kind: key}\n");
        foreach (var (name, format) in new[] { ("own", ""), ("lines", "format: csv\n") })
            Put($"reference/adapters/{name}.yaml", $$"""
                source: {{name}}
                {{format}}rules:
                  - {type: ticket.created, subject: "ticket/{nr}", id: "{nr}-new", time: at, data: {kind: complaint, channel: phone} }
                """);
        var said = new List<string>();
        _app = Server.Build(new(_folder, "http://127.0.0.1:0"), said.Add);
        await _app.StartAsync();
        _key = said.Single(l => l.StartsWith("  om_live_", StringComparison.Ordinal)).Trim();
        _root = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = 3_600_000)]
    public async Task No_request_however_spoiled_breaks_the_server_or_is_counted_when_it_was_refused()
    {
        var all = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_MUTATIONS"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : Few;
        var yaml = Directory.GetFiles(Path.Combine(PolicyFolder.Shipped, "policies")).Concat(Directory.GetFiles(Path.Combine(PolicyFolder.Shipped, "calendars")))
            .Order(StringComparer.Ordinal).Select(File.ReadAllText).Where(t => t.Length < 8_000).ToList();
        var watch = Stopwatch.StartNew();
        var (before, half) = (GC.GetTotalMemory(forceFullCollection: true), 0L);
        await SendAll(0, all / 2, yaml);
        var acceptedByHalf = _accepted;
        if (all > Few) half = await Held() - before;
        await SendAll(all / 2, all, yaml);
        output.WriteLine($"{all} requests in {watch.Elapsed.TotalSeconds:F0} s; answers {string.Join(", ", _seen.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}: {s.Value}"))}; {_accepted} events accepted");
        Assert.True(_faults.IsEmpty, $"{_faults.Count} faults, first:\n{string.Join('\n', _faults.Take(12))}");
        if (all > Few) // alone in its process, then; else other tests' memory is in it
        {
            var grown = await Held() - before;
            output.WriteLine($"held beyond the start: {half >> 10} KB after the first half, {grown >> 10} KB after the second");
            Assert.True(grown < SparedBytes + (_accepted * BytesPerEvent), $"{grown >> 20} MB more are held");
            Assert.True(grown - half < UnexplainedBytes + ((_accepted - acceptedByHalf) * BytesPerEvent), $"the second half holds {(grown - half) >> 20} MB more than the first: more than its events need");
        }
        Assert.True(_accepted > all / 50, "hardly anything was near enough to a good request");
        await IsAliveAndExact();
    }

    [Fact(Timeout = 120_000)]
    public async Task Senders_that_dawdle_hold_up_nobody_and_are_let_go()
    {
        var request = Encoding.ASCII.GetBytes($"POST /api/v1/events HTTP/1.1\r\nHost: {_root.Authority}\r\nX-API-Key: {_key}\r\nContent-Type: application/cloudevents+json\r\nContent-Length: 900000\r\n\r\n{{");
        var ends = Enumerable.Range(0, SlowOnes).Select(_ => Task.Run(async () =>
        {
            using var wire = new Wire(_root);
            return await wire.SendAsync(new("slow", "/api/v1/events", request, true, false), TestContext.Current.CancellationToken);
        })).ToList();
        using var client = Client();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++) _accepted += await PostGood(client, $"beside-{i}");
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
        foreach (var answer in await Task.WhenAll(ends).WaitAsync(TimeSpan.FromSeconds(60)))
            Assert.True(answer is null or { Status: 400 or 408 }, $"{answer}");
        await IsAliveAndExact();
    }

    [Theory]
    [InlineData("POST", "/api/v1/policies/validate", "[", 200_000, 422, "policy_refused")] // the loader called itself for each level until the stack was used up
    [InlineData("POST", "/api/v1/policies/dry-run", "{a: ", 50_000, 422, "policy_refused")]
    [InlineData("POST", "/api/v1/policies/validate", "x", 1_200_000, 413, "body_too_large")]
    [InlineData("POST", "/api/v1/policies/validate", "\ud83d", 1, 422, "policy_refused")]
    [InlineData("POST", "/api/v1/policies/validate", "id: \"\\ud83d\"", 1, 422, "policy_refused")] // the parser's own exceptions, not meant for anybody
    [InlineData("DELETE", "/api/v1/events", "x", 1, 405, "method_not_allowed")]
    [InlineData("GET", "/api/v1/nowhere", "", 1, 404, "no_such_endpoint")]
    public async Task What_was_found_stays_answered(string method, string path, string part, int times, int status, string code)
    {
        using var client = Client();
        using var request = new HttpRequestMessage(new(method), path) { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, times))))) };
        if (part.Length == 0) request.Content = null;
        using var response = await client.SendAsync(request);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((status, code, ""), ((int)response.StatusCode, answer.GetProperty("code").GetString(), answer.GetProperty("pointer").GetString()));
    }

    [Fact]
    public async Task A_piece_of_impossible_length_is_the_sender_s_fault()
    {
        var request = Encoding.ASCII.GetBytes($"POST /api/v1/events HTTP/1.1\r\nHost: {_root.Authority}\r\nX-API-Key: {_key}\r\nContent-Type: application/cloudevents+json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n");
        using var wire = new Wire(_root);
        var answer = await wire.SendAsync(new("piece", "/api/v1/events", request, true, false), TestContext.Current.CancellationToken);
        Assert.Equal((400, "incomplete_body"), (answer!.Status, JsonElement.Parse(answer.Body).GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("own", """[{"nr": "\\ud83d", "at": "2026-03-01T09:00:00Z"}]""")]
    [InlineData("own", """[{"nr": "1", "at": "2026-03-01T09:00:00Z", "\\udc00": 1}]""")]
    [InlineData("own", """[{"nr": "2", "at": "9999-12-31T23:59:59-14:00"}]""")] // an instant that the calendar does not have
    [InlineData("zendesk-open", """{"type": "zen:event-type:ticket.created", "detail": {"id": "1", "subject": "\\ud83d"}}""")]
    public async Task Half_a_character_or_no_instant_makes_a_webhook_unmapped_and_no_failure(string adapter, string body)
    {
        using var client = Client();
        using var response = await client.PostAsync(new Uri("/api/v1/adapters/" + adapter, UriKind.Relative), new StringContent(body.Replace("\\\\", "\\", StringComparison.Ordinal), Encoding.UTF8, "application/json"));
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((200, 1), ((int)response.StatusCode, answer.GetProperty("unmapped").GetInt32()));
    }

    [Fact]
    public async Task A_policy_of_aliases_does_not_grow_in_memory()
    {
        var text = new StringBuilder("id: x\nclocks:\n- {id: y, start: created, stop: [ticket.resolved], limit: {value: 1, unit: hour}}\nsource:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 9; i++) text.Append(CultureInfo.InvariantCulture, $"  a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        using var client = Client();
        using var response = await client.PostAsync(new Uri("/api/v1/policies/validate", UriKind.Relative), new StringContent(text.ToString()));
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((422, 8), ((int)response.StatusCode, answer.GetProperty("line").GetInt32()));
        Assert.Contains("aliases", answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private Task SendAll(int from, int to, List<string> yaml) =>
        Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(() => Send(from + sender, to, yaml))));

    private async Task Send(int from, int to, List<string> yaml)
    {
        using var wire = new Wire(_root);
        for (var n = from; n < to && _faults.Count < 50; n += Senders)
        {
            var request = Mutation.Number(n, _root, _key, yaml);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try { Judge(n, request, await wire.SendAsync(request, patience.Token)); }
            catch (Exception e) when (e is OperationCanceledException or System.Net.Sockets.SocketException or FormatException or JsonException)
            {
                _faults.Enqueue($"{n} {request.Kind} {request.Path}: {e.Message}");
            }
        }
    }

    /// <summary>
    /// What is held once nobody asks for anything. The runtime's shared pools of arrays keep one of each size for each thread, here of some MB, and
    /// give them back over a minute or two of collections: counted, they hide what the server itself holds.
    /// </summary>
    private static async Task<long> Held()
    {
        var least = long.MaxValue;
        for (var (watch, better) = (Stopwatch.StartNew(), TimeSpan.Zero); watch.Elapsed < PoolsAreEmpty || watch.Elapsed - better < TimeSpan.FromSeconds(15); await Task.Delay(1_000))
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            if (GC.GetTotalMemory(forceFullCollection: false) is var now && now < least - (least >> 6)) (least, better) = (now, watch.Elapsed);
        }
        return least;
    }

    private void Judge(int n, Mutation request, WireAnswer? answer)
    {
        var where = $"{n} {request.Kind} {Shown(request)}: {answer?.Status} {answer?.Body[..Math.Min(200, answer.Body.Length)]}";
        _seen.AddOrUpdate(answer is null ? "none" : answer.BeforeUs ? "http" : $"{answer.Status}", 1, static (_, n) => n + 1);
        // An answer that nobody heard: what was in the request may be kept or not, as after any broken connection.
        var takesEvents = request.Path.Contains("/events", StringComparison.OrdinalIgnoreCase) || request.Path.Contains("/adapters/", StringComparison.OrdinalIgnoreCase);
        if (takesEvents && (answer is null || request.IsHead)) Interlocked.Add(ref _inDoubt, MostEvents);
        if (answer is null)
        {
            if (request.Answered && request.Wire.Length < 32 * 1024) _faults.Enqueue($"no answer: {where}");
            return;
        }
        if (answer.Status >= 500) _faults.Enqueue(where);
        if (answer.Status == 200 && takesEvents && !request.IsHead)
            Interlocked.Add(ref _accepted, JsonElement.Parse(answer.Body).GetProperty("accepted").GetInt32());
        if (answer.Status < 400 || answer.BeforeUs || request.IsHead || !request.Path.StartsWith("/api/", StringComparison.OrdinalIgnoreCase)) return;
        if (answer.Body.Length == 0) { _faults.Enqueue($"no words: {where}"); return; }
        var problem = JsonElement.Parse(answer.Body);
        if (!Code().IsMatch(problem.GetProperty("code").GetString()!) || problem.GetProperty("pointer").GetString() is not { } pointer || (pointer.Length > 0 && pointer[0] != '/'))
            _faults.Enqueue($"no code or pointer: {where}");
    }

    private static string Shown(Mutation request) => Encoding.UTF8.GetString(request.Wire.AsSpan(0, Math.Min(500, request.Wire.Length))).Replace("\r\n", "|", StringComparison.Ordinal);

    /// <summary>What the server counts is what it acknowledged, now and after a restart.</summary>
    private async Task IsAliveAndExact()
    {
        using (var client = Client())
        {
            _accepted += await PostGood(client, "last");
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
        }
        var (kept, equal) = _app.Services.GetRequiredService<IOpsHost>().Read(t => (t.EventCount, Recount.Equals(t)));
        Assert.True(equal);
        Assert.InRange(kept, _accepted, _accepted + _inDoubt);
        await _app.DisposeAsync();
        await using var host = LocalHost.Open(new(_folder, PolicySet.Default) { Frozen = true }, TimeProvider.System, static _ => { });
        Assert.Equal((kept, true), host.Read(s => (s.EventCount, Recount.Equals(s))));
    }

    private HttpClient Client() => new() { BaseAddress = _root, Timeout = TimeSpan.FromSeconds(30), DefaultRequestHeaders = { { "X-API-Key", _key } } };

    private static async Task<int> PostGood(HttpClient client, string id)
    {
        var now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        using var content = new StringContent(
            $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"good","type":"ticket.created","time":"{{{now}}}","subject":"ticket/{{{id}}}","data":{"kind":"complaint","channel":"phone"}}""",
            Encoding.UTF8, "application/cloudevents+json");
        using var answer = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("accepted").GetInt32();
    }

    private void Put(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    [GeneratedRegex("^[a-z0-9_]+$")]
    private static partial Regex Code();
}
