using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using OpsMonitor.Web.Replay;

namespace OpsMonitor.Web.Send;

/// <param name="File">NDJSON, one structured CloudEvent a line, gzipped where the name ends in <c>.gz</c></param>
/// <param name="Parallel">requests under way at once</param>
public sealed record ImportOptions(string File, Uri Url, string? Key, int Parallel = 4)
{
    public int MaxTries { get; init; } = 8;

    public IProgress<ImportReport>? Progress { get; init; }
}

/// <summary>What came of the events, and of each code of refusal how many and one example.</summary>
public sealed record ImportReport(long Sent, long Accepted, long Duplicates, long Retries, IReadOnlyDictionary<string, (long Count, string Example)> Refused)
{
    public long Rejected => Refused.Values.Sum(r => r.Count);
}

/// <summary>
/// Posts a file as it is, several requests at once: the order in which events arrive changes no number, and what was taken before is a
/// duplicate. So an import that broke off is simply run again. Memory holds a few batches, whatever the size of the file.
/// </summary>
public sealed class EventImport
{
    private readonly record struct Batch(byte[] Body, long[] Lines);

    private readonly ImportOptions _options;
    private readonly BatchPoster _poster;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (long Count, string Example)> _refused = new(StringComparer.Ordinal);
    private long _sent, _accepted, _duplicates, _retries;

    private EventImport(ImportOptions options, HttpClient client) =>
        (_options, _poster) = (options, new(client, options.Url, options.MaxTries, TimeProvider.System));

    /// <exception cref="HttpRequestException">The server refused for good, or could not be reached; what was sent before stays sent.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">Its gzip is damaged.</exception>
    public static async Task<ImportReport> RunAsync(ImportOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallel, 1);
        using var client = BatchPoster.Client(null, options.Key);
        var import = new EventImport(options, client);
        await import.RunAsync(cancel);
        return import.Report();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var batches = Channel.CreateBounded<Batch>(_options.Parallel);
        var all = Enumerable.Range(0, _options.Parallel).Select(_ => Task.Run(() => Post(batches.Reader, failed.Token), CancellationToken.None))
            .Append(Task.Run(() => Read(batches.Writer, failed.Token), CancellationToken.None)).ToList();
        var first = (Exception?)null;
        while (all.Count > 0)
        {
            var ended = await Task.WhenAny(all);
            all.Remove(ended);
            if (ended.IsCompletedSuccessfully) continue;
            first ??= ended.Exception?.InnerException ?? new OperationCanceledException(cancel);
            await failed.CancelAsync(); // one that failed ends them all
        }
        if (first is not null) throw first;
    }

    private void Read(ChannelWriter<Batch> batches, CancellationToken cancel)
    {
        var (body, lines) = (new MemoryStream(), new List<long>());
        LineReader.Each(_options.File, (number, line) =>
        {
            cancel.ThrowIfCancellationRequested();
            if (!IsWhole(line.Span)) // one such line would spoil the batch
            {
                Refuse("malformed_json", $"line {number}");
                return;
            }
            if (lines.Count == BatchPoster.MaxEvents || body.Length + line.Length > BatchPoster.MaxBodyBytes) Hand();
            body.WriteByte(lines.Count == 0 ? (byte)'[' : (byte)',');
            body.Write(line.Span);
            lines.Add(number);
        });
        if (lines.Count > 0) Hand();
        batches.Complete();

        void Hand()
        {
            body.WriteByte((byte)']');
            var batch = new Batch(body.ToArray(), [.. lines]);
            while (!batches.TryWrite(batch)) // the reader of lines calls back synchronously: wait here for room
                if (!batches.WaitToWriteAsync(cancel).AsTask().GetAwaiter().GetResult()) return;
            body.SetLength(0);
            lines.Clear();
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException) { return false; }
    }

    private async Task Post(ChannelReader<Batch> batches, CancellationToken cancel)
    {
        await foreach (var batch in batches.ReadAllAsync(cancel))
        {
            Count(await _poster.Post(batch.Body, _ => Interlocked.Increment(ref _retries), cancel), batch.Lines);
            _options.Progress?.Report(Report());
        }
    }

    private void Count(string answer, long[] lines)
    {
        var results = BatchPoster.Results(answer);
        if (results?.Count != lines.Length) throw new HttpRequestException($"{_options.Url} answered, but not for each event: is it an OpsMonitor?");
        lock (_gate)
        {
            _sent += lines.Length;
            for (var i = 0; i < lines.Length; i++)
            {
                var word = Word(results[i], "status");
                if (word == "accepted") _accepted++;
                else if (word == "duplicate") _duplicates++;
                else Refuse(Word(results[i], "code") ?? "rejected", $"line {lines[i]}, id {Word(results[i], "id")}: {Word(results[i], "detail") ?? Word(results[i], "pointer")}");
            }
        }
    }

    private void Refuse(string code, string example)
    {
        lock (_gate) _refused[code] = _refused.TryGetValue(code, out var known) ? (known.Count + 1, known.Example) : (1, example);
    }

    private ImportReport Report()
    {
        lock (_gate)
            return new(_sent, _accepted, _duplicates, Interlocked.Read(ref _retries), new SortedDictionary<string, (long, string)>(_refused, StringComparer.Ordinal));
    }

    private static string? Word(JsonNode? result, string member) => ((result as JsonObject)?[member] as JsonValue)?.ToString();
}
