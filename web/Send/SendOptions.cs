namespace OpsMonitor.Web.Send;

/// <summary>What to send where, and how fast.</summary>
/// <param name="File">NDJSON, one structured CloudEvent per line; gzip where the name ends in <c>.gz</c>.</param>
/// <param name="Url">The server's address, such as <c>http://localhost:8080</c>.</param>
/// <param name="Key">The key of the integration, sent as Bearer token; null sends none.</param>
/// <param name="Speed">1 is as it happened, 60 a minute for every second, 0 as fast as the server takes it.</param>
public sealed record SendOptions(string File, Uri Url, string? Key, double Speed = 1)
{
    public Anchor Anchor { get; init; } = Anchor.First;

    /// <summary>When the run began; null for now. A run that broke off goes on with the same start: what was taken is then a duplicate.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Sets the events apart from those of other runs of the file (see <see cref="RunName"/>); null leaves ids as they are.</summary>
    public string? Run { get; init; }

    /// <summary>Lines from elsewhere than the file, which is then not opened; not with <see cref="Anchor.Last"/>, which reads twice.</summary>
    public TextReader? Input { get; init; }

    /// <summary>Events per request, 1 to 500 (the server's limit).</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>How often one batch is tried before the run fails: connection errors, 429 and 5xx count.</summary>
    public int MaxTries { get; init; } = 8;

    public IProgress<SendReport>? Progress { get; init; }

    /// <summary>The clock; another one in tests.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where requests go; another one in tests.</summary>
    public HttpMessageHandler? Handler { get; init; }
}

/// <summary>How times are moved. A server refuses what lies more than 5 minutes ahead of its clock (spec: events).</summary>
public enum Anchor
{
    /// <summary>The first event happens now. At another speed than 1 a longer file soon runs ahead of the clock.</summary>
    First,

    /// <summary>The last event happens at the moment at which it is sent, all others before: fits any speed from 1 up, and 0. Reads the file twice.</summary>
    Last,

    /// <summary>Times stay as written.</summary>
    None,
}

/// <summary>How far the run has come. <see cref="Skipped"/> counts lines that are no event; <see cref="LastProblem"/> explains the last skip, rejection or retry.</summary>
public sealed record SendReport(long Sent, long Accepted, long Duplicates, long Rejected, long Skipped, long Retries, TimeSpan Elapsed, string? LastProblem)
{
    /// <summary>When the run began: what <see cref="SendOptions.Start"/> must be to go on with it. Null before the first event.</summary>
    public DateTimeOffset? Start { get; init; }
}

/// <summary>The server refused for good, or could not be reached in the tries allowed. What was sent before stays sent.</summary>
public sealed class SendException(string message, SendReport report, Exception? inner = null) : Exception(message, inner)
{
    public SendReport Report => report;
}
