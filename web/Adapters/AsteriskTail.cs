using System.Text;
using NodaTime;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Adapters;

/// <param name="State">file that remembers how far the log was read; beside it lines that could not be read are kept</param>
/// <param name="Once">end where the log ends, instead of waiting for more</param>
public sealed record AsteriskTailOptions(string File, Uri Url, string? Key, DateTimeZone Zone, string State, bool Once = false)
{
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Where requests go; another one in tests.</summary>
    public HttpMessageHandler? Handler { get; init; }
}

public sealed record AsteriskTailReport(long Lines, long Sent, long Accepted, long Duplicates, long Rejected, long Unreadable, int Lost);

/// <summary>Follows an Asterisk queue_log and tells a server what happens, by the converter's rules. Reads on only when the server has taken what was read.</summary>
public sealed class AsteriskTail(AsteriskTailOptions options, Action<string> announce)
{
    private static readonly Duration LongestSilence = Duration.FromHours(24);
    private readonly HttpMessageHandler _handler = options.Handler ?? new SocketsHttpHandler();
    private AsteriskTailReport _report = new(0, 0, 0, 0, 0, 0, 0);
    private int _line;

    /// <summary>Where lines are kept that are no lines of a queue_log.</summary>
    public string Unreadable => options.State + ".unmapped";

    /// <exception cref="SendException">The server refused the key or the address for good.</exception>
    public async Task<AsteriskTailReport> RunAsync(CancellationToken stop)
    {
        var state = TailState.Load(options.State);
        var story = new QueueLogStory(AsteriskQueueLogConverter.SourceName, options.Zone, state.Log);
        _line = state.Line;
        using var tail = new LogTail(options.File, state.Place, state.Since, announce);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var lines = tail.Read();
                _report = _report with { Lines = _report.Lines + lines.Count, Lost = tail.Lost };
                if (lines.Count == 0 && options.Once) break;
                if (lines.Count == 0) await Task.Delay(options.Poll, stop);
                else await TellAsync(lines, story, tail, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // stopped: what was read and not yet taken is read again at the next start
        }
        return _report;
    }

    private async Task TellAsync(IReadOnlyList<string> lines, QueueLogStory story, LogTail tail, CancellationToken stop)
    {
        var events = new StringBuilder();
        var unreadable = new List<string>();
        foreach (var line in lines)
        {
            try
            {
                foreach (var e in story.Take(line, ++_line)) events.Append(Encoding.UTF8.GetString(CloudEventWriter.ToUtf8(e))).Append('\n');
            }
            catch (FormatException e)
            {
                unreadable.Add($"{e.Message}\t{line}");
            }
        }
        if (events.Length > 0) await SendAsync(events.ToString(), stop);
        if (unreadable.Count > 0) await File.AppendAllLinesAsync(Unreadable, unreadable, CancellationToken.None);
        _report = _report with { Unreadable = _report.Unreadable + unreadable.Count };
        if (story.Latest > Instant.MinValue) story.Forget(story.Latest - LongestSilence);
        new TailState(tail.Place, _line, story.State, DateTime.UtcNow).Save(options.State);
    }

    private async Task SendAsync(string events, CancellationToken stop)
    {
        using var input = new StringReader(events);
        var sent = await EventSender.RunAsync(new(options.File, options.Url, options.Key, Speed: 0)
        {
            Input = input, Anchor = Anchor.None, MaxTries = int.MaxValue, Handler = _handler, BatchSize = 500,
        }, stop);
        if (sent.Rejected > 0) announce($"{sent.Rejected} events were refused for good; the last: {sent.LastProblem}");
        _report = _report with
        {
            Sent = _report.Sent + sent.Sent, Accepted = _report.Accepted + sent.Accepted, Duplicates = _report.Duplicates + sent.Duplicates, Rejected = _report.Rejected + sent.Rejected,
        };
    }
}
