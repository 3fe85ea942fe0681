using System.Net.Sockets;
using System.Text;
using NodaTime;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Adapters;

/// <param name="Secret">of the manager's account; never logged</param>
public sealed record AmiOptions(string Host, int Port, string User, string Secret, Uri Url, string? Key)
{
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A line without a word for so long is dead: the manager is asked to answer every third of it.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(45);

    public TimeProvider Time { get; init; } = TimeProvider.System;
    public HttpMessageHandler? Handler { get; init; }
}

public sealed class AmiRefusedException(string message) : Exception(message);

/// <summary>
/// Listens to Asterisk's manager interface and tells a server what happens, by the rules of the queue_log. Comes back when the line breaks; what happened
/// meanwhile is not told again by Asterisk, so each break is counted and announced.
/// </summary>
public sealed class AmiListener(AmiOptions options, Action<string> announce)
{
    public const string SourceName = "asterisk-ami";
    private static readonly Duration LongestSilence = Duration.FromHours(24);
    private readonly QueueLogStory _story = new(SourceName, DateTimeZone.Utc);
    private readonly HttpMessageHandler _handler = options.Handler ?? new SocketsHttpHandler();
    private int _line;

    /// <summary>How often the line broke after it had stood.</summary>
    public int Breaks { get; private set; }

    public long Sent { get; private set; }

    /// <exception cref="AmiRefusedException">The manager does not take the account.</exception>
    /// <exception cref="SendException">The server refused the key or the address for good.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var wait = options.FirstWait;
        while (!stop.IsCancellationRequested)
        {
            var stood = false;
            try
            {
                using var client = new TcpClient { NoDelay = true };
                await client.ConnectAsync(options.Host, options.Port, stop);
                await ListenAsync(client.GetStream(), () => stood = true, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { return; }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                announce(stood ? $"the line to {options.Host} broke; calls of the time until it stands again are not told" : $"{options.Host}:{options.Port} cannot be reached: {e.Message}");
            }
            if (stood) (Breaks, wait) = (Breaks + 1, options.FirstWait);
            try { await Task.Delay(wait, options.Time, stop); }
            catch (OperationCanceledException) { return; }
            wait = wait * 2 < options.LongestWait ? wait * 2 : options.LongestWait;
        }
    }

    private async Task ListenAsync(NetworkStream line, Action stands, CancellationToken stop)
    {
        using var reader = new StreamReader(line, Encoding.UTF8);
        await WriteAsync(line, $"Action: Login\r\nUsername: {OneLine(options.User)}\r\nSecret: {OneLine(options.Secret)}\r\nEvents: agent,call\r\nActionID: login\r\n\r\n", stop);
        using var keepAlive = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var pings = PingAsync(line, keepAlive.Token);
        try
        {
            while (await ReadAsync(reader, stop) is { } message)
            {
                if (message["ActionID"] == "login")
                {
                    if (message["Response"] != "Success") throw new AmiRefusedException($"{options.Host} does not take the account '{options.User}'");
                    stands();
                }
                else if (message.QueueLogLine(options.Time.GetUtcNow()) is { } text) await TellAsync(text, stop);
            }
        }
        finally
        {
            await keepAlive.CancelAsync();
            await pings;
        }
        throw new IOException("the other side hung up");
    }

    /// <summary>The next message; null where the other side hung up. Throws where nothing at all came for too long.</summary>
    private async Task<AmiMessage?> ReadAsync(StreamReader reader, CancellationToken stop)
    {
        using var silence = new CancellationTokenSource(options.Silence, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token);
        var message = new AmiMessage();
        while (await reader.ReadLineAsync(either.Token) is { } text)
        {
            if (text.Length > 0) message.Add(text);
            else if (!message.IsEmpty) return message;
        }
        return null;
    }

    private async Task PingAsync(NetworkStream line, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.Silence / 3, options.Time, stop);
                await WriteAsync(line, "Action: Ping\r\n\r\n", stop);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // the reading side finds out by itself
        }
    }

    private async Task TellAsync(string text, CancellationToken stop)
    {
        var events = new StringBuilder();
        try
        {
            foreach (var e in _story.Take(text, ++_line)) events.Append(Encoding.UTF8.GetString(CloudEventWriter.ToUtf8(e))).Append('\n');
        }
        catch (FormatException e)
        {
            announce($"a message that is none of a queue was passed over: {e.Message}");
        }
        _story.Forget(_story.Latest - LongestSilence);
        if (events.Length == 0) return;
        using var input = new StringReader(events.ToString());
        var sent = await EventSender.RunAsync(new("", options.Url, options.Key, Speed: 0) { Input = input, Anchor = Anchor.None, MaxTries = int.MaxValue, Handler = _handler }, stop);
        Sent += sent.Sent;
        if (sent.Rejected > 0) announce($"{sent.Rejected} events were refused for good; the last: {sent.LastProblem}");
    }

    private static ValueTask WriteAsync(NetworkStream line, string text, CancellationToken stop) => line.WriteAsync(Encoding.UTF8.GetBytes(text), stop);

    // A line break in a name or secret would be an action of its own.
    private static string OneLine(string text) => text.ReplaceLineEndings("");
}
