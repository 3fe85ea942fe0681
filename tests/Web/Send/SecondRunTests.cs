using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using OpsMonitor.Web.Send;
using Xunit;

namespace OpsMonitor.Tests.Web.Send;

/// <summary>The same file sent more than once.</summary>
public sealed class SecondRunTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly Taker _taker = new();

    public SecondRunTests() => File.WriteAllText(_file, """
        {"specversion":"1.0","id":"e-1","source":"/a","type":"ticket.created","time":"2026-03-02T09:00:00Z","subject":"ticket/T-1","data":{"origin_contact_id":"C-1","customer_ref":"anna","due_at":"2026-03-02T10:00:00Z"}}
        {"specversion":"1.0","id":"e-2","source":"/a","type":"agent.state_changed","time":"2026-03-02T09:00:01Z","subject":"agent/bob","data":{"state":"busy"}}
        """);

    public void Dispose() => File.Delete(_file);

    private async Task<(SendReport Report, List<string> Sent)> Run(DateTimeOffset? start = null, string? run = null, double speed = 0)
    {
        _taker.Sent.Clear();
        var report = await EventSender.RunAsync(new(_file, new("http://localhost"), null, speed) { Handler = _taker, Start = start, Run = run, Anchor = Anchor.Last }, default);
        return (report, [.. _taker.Sent]);
    }

    [Fact]
    public async Task A_run_that_goes_on_sends_the_very_same_events_so_none_counts_twice()
    {
        var (report, first) = await Run();
        await Task.Delay(20);
        Assert.NotEqual(first, (await Run()).Sent); // other times: under the same ids these are refused
        Assert.Equal(first, (await Run(report.Start)).Sent);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Run(DateTimeOffset.UtcNow.AddHours(-1), speed: 0.01); // what is due already is not waited for
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    [Fact]
    public async Task A_named_run_stands_beside_the_others()
    {
        var sent = (await Run(run: "b")).Sent.ConvertAll(s => JsonNode.Parse(s)!);
        Assert.Equal(("e-1.b", "ticket/T-1.b", "C-1.b", "anna"),
            ((string?)sent[0]["id"], (string?)sent[0]["subject"], (string?)sent[0]["data"]!["origin_contact_id"], (string?)sent[0]["data"]!["customer_ref"]));
        Assert.Equal(("e-2.b", "agent/bob"), ((string?)sent[1]["id"], (string?)sent[1]["subject"]));
    }

    private sealed class Taker : HttpMessageHandler
    {
        public List<string> Sent { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            foreach (var e in JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancel))!.AsArray()) Sent.Add(e!.ToJsonString());
            return new(HttpStatusCode.OK) { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        }
    }
}
