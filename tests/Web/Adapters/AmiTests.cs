using System.Net;
using System.Net.Sockets;
using System.Text;
using OpsMonitor.Web.Adapters;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

public sealed class AmiTests
{
    private const string Join = "Event: QueueCallerJoin\r\nTimestamp: 1772355600.250000\r\nUniqueid: c1\r\nQueue: support\r\nPosition: 1\r\nCallerIDNum: 5551111\r\n\r\n";
    private const string NoAnswer = "Event: AgentRingNoAnswer\r\nTimestamp: 1772355610.0\r\nUniqueid: c1\r\nQueue: support\r\nInterface: SIP/ann\r\nRingTime: 9\r\n\r\n";
    private const string Connect = "Event: AgentConnect\r\nTimestamp: 1772355620.0\r\nUniqueid: c1\r\nQueue: support\r\nInterface: SIP/bob\r\nHoldTime: 20\r\nRingTime: 3\r\n\r\n";
    private const string Complete = "Event: AgentComplete\r\nTimestamp: 1772355680.0\r\nUniqueid: c1\r\nQueue: support\r\nInterface: SIP/bob\r\nHoldTime: 20\r\nTalkTime: 60\r\nReason: agent\r\n\r\n";

    [Fact]
    public async Task A_call_goes_on_over_a_broken_line_and_the_break_is_told()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var manager = new TcpListener(IPAddress.Loopback, 0);
        manager.Start();
        using var desk = new Taker();
        var said = new List<string>();
        var listener = New(manager, desk, said);
        var running = listener.RunAsync(stop.Token);
        using (var first = await Accept(manager, "Success", stop.Token))
            await Say(first, "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n" + Join + NoAnswer, () => desk.Events.Count == 3, stop.Token);
        using (var second = await Accept(manager, "Success", stop.Token))
        {
            await Say(second, "Event: QueueMemberPause\r\nTimestamp: 1772355619.0\r\nQueue: support\r\nInterface: SIP/bob\r\nPaused: 1\r\nPausedReason: tea\r\n\r\n" + Connect + Complete, () => desk.Events.Count == 6, stop.Token);
            await stop.CancelAsync();
        }
        await running;
        Assert.Equal(["contact.initiated c1", "contact.queued c1", "contact.offer_missed c1", "agent.state_changed SIP-bob", "contact.answered c1", "contact.disconnected c1"], desk.Events);
        Assert.Equal(1, listener.Breaks);
        Assert.Contains("broke", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_is_refused_ends_it_and_the_secret_is_in_no_message()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var manager = new TcpListener(IPAddress.Loopback, 0);
        manager.Start();
        using var desk = new Taker();
        var said = new List<string>();
        var running = New(manager, desk, said).RunAsync(stop.Token);
        using var line = await Accept(manager, "Error", stop.Token);
        var refused = await Assert.ThrowsAsync<AmiRefusedException>(() => running);
        Assert.DoesNotContain("s3cret", refused.Message + string.Concat(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_on_which_nothing_is_heard_is_made_anew()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var manager = new TcpListener(IPAddress.Loopback, 0);
        manager.Start();
        using var desk = new Taker();
        var running = New(manager, desk, []).RunAsync(stop.Token);
        using var dead = await Accept(manager, "Success", stop.Token);
        using var again = await Accept(manager, "Success", stop.Token);
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData("AgentComplete", "Reason: transfer", "1|c|q|SIP/a|BLINDTRANSFER|||5|7")]
    [InlineData("AgentComplete", "Reason: caller", "1|c|q|SIP/a|COMPLETECALLER|5|7")]
    [InlineData("QueueCallerAbandon", "OriginalPosition: 3", "1|c|q|NONE|ABANDON|2|3|5")]
    [InlineData("QueueMemberPause", "Paused: 0", "1|c|q|SIP/a|UNPAUSE|")]
    [InlineData("Newchannel", "Exten: 1", null)]
    public void A_message_is_the_line_that_the_log_has_for_it(string name, string more, string? line)
    {
        var message = new AmiMessage();
        foreach (var text in (string[])["Event: " + name, "timestamp: 1", "Uniqueid: c", "Queue: q", "Interface: SIP/a", "HoldTime: 5", "TalkTime: 7", "Position: 2", more]) message.Add(text);
        Assert.Equal(line, message.QueueLogLine(DateTimeOffset.UnixEpoch));
    }

    private static AmiListener New(TcpListener manager, Taker desk, List<string> said) => new(
        new("127.0.0.1", ((IPEndPoint)manager.LocalEndpoint).Port, "desk", "s3cret", new("http://127.0.0.1:9"), null)
        {
            Handler = desk, FirstWait = TimeSpan.FromMilliseconds(20), Silence = TimeSpan.FromSeconds(2),
        }, said.Add);

    private static async Task<TcpClient> Accept(TcpListener manager, string response, CancellationToken stop)
    {
        var line = await manager.AcceptTcpClientAsync(stop);
        await line.GetStream().WriteAsync("Asterisk Call Manager/9.0.0\r\n"u8.ToArray(), stop);
        var (bytes, login) = (new byte[1024], "");
        while (!login.EndsWith("\r\n\r\n", StringComparison.Ordinal)) login += Encoding.UTF8.GetString(bytes, 0, await line.GetStream().ReadAsync(bytes, stop));
        Assert.Contains("Username: desk\r\nSecret: s3cret\r\n", login, StringComparison.Ordinal);
        await line.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"Response: {response}\r\nActionID: login\r\nMessage: so\r\n\r\n"), stop);
        return line;
    }

    private static async Task Say(TcpClient line, string text, Func<bool> until, CancellationToken stop)
    {
        await line.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text), stop);
        while (!until()) await Task.Delay(10, stop);
    }

    private sealed class Taker : HttpMessageHandler
    {
        private readonly List<string> events = [];

        public List<string> Events
        {
            get { lock (events) return [.. events]; }
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
        {
            using var batch = System.Text.Json.JsonDocument.Parse(await request.Content!.ReadAsStringAsync(cancel));
            lock (events)
                foreach (var e in batch.RootElement.EnumerateArray())
                    events.Add($"{e.GetProperty("type").GetString()} {e.GetProperty("subject").GetString()!.Split('/')[1]}");
            return new(HttpStatusCode.OK) { Content = new StringContent("{}") };
        }
    }
}
