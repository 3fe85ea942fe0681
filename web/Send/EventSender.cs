using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpsMonitor.Web.Send;

/// <summary>
/// Plays a file of events to a server as if they happened now. Ids stay as they are, so every retry is safe. A second run moves the times
/// elsewhere: under the same ids that is <c>id_reused</c>, so it needs the first one's start (to go on with it) or a name of its own.
/// </summary>
public sealed class EventSender
{
    private readonly SendOptions _options;
    private readonly BatchPoster _poster;
    private readonly TimeSpan _before; // that the run had been going on when this one took it up
    private long _began;
    private readonly List<string> _batch = [];
    private int _batchBytes;
    private SendReport _report = new(0, 0, 0, 0, 0, 0, TimeSpan.Zero, null);

    private EventSender(SendOptions options, HttpClient client)
    {
        _options = options;
        _poster = new(client, options.Url, options.MaxTries, options.Time);
        _began = options.Time.GetTimestamp();
        if (options.Start is { } start) _before = options.Time.GetUtcNow() - start;
    }

    /// <summary>Sends the whole file.</summary>
    /// <exception cref="SendException">The server refused for good (401, 403, 404, ...) or could not be reached.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<SendReport> RunAsync(SendOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Speed);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchSize, BatchPoster.MaxEvents);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxTries, 1);
        using var client = BatchPoster.Client(options.Handler, options.Key);
        return await new EventSender(options, client).RunAsync(cancel);
    }

    private async Task<SendReport> RunAsync(CancellationToken cancel)
    {
        var last = _options.Anchor == Anchor.Last ? await LatestAsync(cancel) : null;
        using var reader = _options.Input ?? Open(_options.File);
        DateTimeOffset? first = null;
        var (number, shift) = (0L, TimeSpan.Zero);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (Read(line, number) is not { } read) continue;
            if (first is null)
            {
                first = read.At;
                if (_options.Start is null) _began = _options.Time.GetTimestamp();
                var start = (_options.Start ?? _options.Time.GetUtcNow()).ToUnixTimeMilliseconds(); // whole: somebody may have to type it again
                _report = _report with { Start = DateTimeOffset.FromUnixTimeMilliseconds(start) };
                shift = TimeSpan.FromMilliseconds((long)Shift(_report.Start.Value, read.At, last).TotalMilliseconds); // whole, or truncation would reorder
            }
            await WaitFor(read.At - first.Value, cancel);
            if (shift != TimeSpan.Zero) TimeShift.Apply(read.Event, shift);
            if (_options.Run is { } run) RunName.Apply(read.Event, run);
            await Add(read.Event.ToJsonString(), cancel);
        }
        await Flush(cancel);
        return _report;
    }

    private TimeSpan Shift(DateTimeOffset start, DateTimeOffset first, DateTimeOffset? last)
    {
        if (_options.Anchor == Anchor.None) return TimeSpan.Zero;
        if (last is not { } end) return start - first;
        return start + (_options.Speed == 0 ? TimeSpan.Zero : (end - first) / _options.Speed) - end;
    }

    private async Task<DateTimeOffset?> LatestAsync(CancellationToken cancel)
    {
        using var reader = Open(_options.File);
        DateTimeOffset? latest = null;
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (Parse(line) is { } read && (latest is null || read.At > latest)) latest = read.At;
        }
        return latest;
    }

    private static StreamReader Open(string file)
    {
        Stream stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return new(stream, Encoding.UTF8);
    }

    private (JsonObject Event, DateTimeOffset At)? Read(string line, long number)
    {
        if (Parse(line) is { } read) return read;
        _report = _report with { Skipped = _report.Skipped + 1, LastProblem = $"line {number}: no JSON object with an RFC 3339 'time'" };
        return null;
    }

    private static (JsonObject Event, DateTimeOffset At)? Parse(string line)
    {
        try
        {
            return JsonNode.Parse(line) is JsonObject e && TimeShift.TimeOf(e) is { } at ? (e, at) : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null; // broken JSON, or a key that stands twice
        }
    }

    /// <summary>Waits until the event is due; what is due before it goes out first.</summary>
    private async Task WaitFor(TimeSpan sinceFirst, CancellationToken cancel)
    {
        if (_options.Speed == 0) return;
        var due = sinceFirst / _options.Speed;
        // Below this, sending in one batch is better than exactness.
        while (due - _before - Elapsed() is var left && left > TimeSpan.FromMilliseconds(50))
        {
            await Flush(cancel);
            left = due - _before - Elapsed();
            if (left <= TimeSpan.Zero) return;
            await Task.Delay(left < TimeSpan.FromHours(1) ? left : TimeSpan.FromHours(1), _options.Time, cancel);
        }
    }

    private TimeSpan Elapsed() => _options.Time.GetElapsedTime(_began);

    private async Task Add(string text, CancellationToken cancel)
    {
        var bytes = Encoding.UTF8.GetByteCount(text) + 1;
        if (_batchBytes + bytes > BatchPoster.MaxBodyBytes) await Flush(cancel);
        _batch.Add(text);
        _batchBytes += bytes;
        if (_batch.Count >= _options.BatchSize) await Flush(cancel);
    }

    private async Task Flush(CancellationToken cancel)
    {
        if (_batch.Count == 0) return;
        var body = Encoding.UTF8.GetBytes($"[{string.Join(',', _batch)}]");
        var answer = await Post(body, cancel);
        Count(answer, _batch.Count);
        _batch.Clear();
        _batchBytes = 0;
        _options.Progress?.Report(_report);
    }

    private async Task<string> Post(byte[] body, CancellationToken cancel)
    {
        try { return await _poster.Post(body, FailedOnce, cancel); }
        catch (HttpRequestException error) { throw new SendException(error.Message, _report with { Elapsed = Elapsed() }, error); }
    }

    private void FailedOnce(string problem)
    {
        _report = _report with { Retries = _report.Retries + 1, LastProblem = problem, Elapsed = Elapsed() };
        _options.Progress?.Report(_report);
    }

    /// <summary>Reads the answer's word on each event; an answer without one counts the batch as accepted.</summary>
    private void Count(string answer, int sent)
    {
        var (accepted, duplicates, rejected, problem) = (0, 0, 0, _report.LastProblem);
        foreach (var result in BatchPoster.Results(answer) ?? [])
        {
            switch (((result as JsonObject)?["status"] as JsonValue)?.ToString())
            {
                case "accepted": accepted++; break;
                case "duplicate": duplicates++; break;
                case "rejected":
                    rejected++;
                    problem = string.Create(CultureInfo.InvariantCulture, $"rejected: {result!.ToJsonString()}");
                    break;
            }
        }
        if (accepted + duplicates + rejected == 0) accepted = sent;
        _report = _report with
        {
            Sent = _report.Sent + sent,
            Accepted = _report.Accepted + accepted,
            Duplicates = _report.Duplicates + duplicates,
            Rejected = _report.Rejected + rejected,
            Elapsed = Elapsed(),
            LastProblem = problem,
        };
    }
}
