using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Replay;

namespace OpsMonitor.Tests.Web.Replay;

/// <summary>A folder of its own with converted logs and the reports about them; gone with the test.</summary>
public sealed class ReplayRun : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("opsmonitor-replay-");
    private readonly Dictionary<(PolicySet, string, string?, string?), Replayed> _known = [];
    private int _runs;

    public void Dispose() => _folder.Delete(recursive: true);

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>The shared log as events, converted once; skips the test that asks where the log is absent.</summary>
    public string Converted(string converter, string shared)
    {
        var source = SharedLogs.Path(shared);
        lock (_folder)
        {
            var path = PathOf(converter + ".ndjson");
            if (File.Exists(path)) return path;
            using var log = LogFile.Open(source);
            return Converted(converter, log, path);
        }
    }

    public static string Converted(string converter, TextReader log, string path)
    {
        using var output = File.Create(path);
        CloudEventWriter.WriteAll(output, Converters.Find(converter)!.Convert(log, DateTimeZone.Utc));
        return path;
    }

    public Replayed Replay(PolicySet policies, string input, string? until = null, string? interval = null, DateTimeZone? zone = null)
    {
        var run = PathOf($"run-{Interlocked.Increment(ref _runs)}");
        var at = until is null ? (long?)null : DateTimeOffset.Parse(until, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var options = new ReplayOptions([input], run + ".json", run + ".rows", run + ".trust", at, interval, zone ?? DateTimeZone.Utc, policies);
        return new(ReplayCommand.Run(options, null), options.Report, options.Rows!, options.Trust!);
    }

    /// <summary>As <see cref="Replay"/>, but the same question is answered from the first time.</summary>
    public Replayed Once(PolicySet policies, string input, string? until = null, string? interval = null)
    {
        lock (_known)
        {
            return _known.TryGetValue((policies, input, until, interval), out var known)
                ? known
                : _known[(policies, input, until, interval)] = Replay(policies, input, until, interval);
        }
    }

    public static PolicySet With(params QueuePolicy[] queues) =>
        PolicySet.Default with { Queues = new SortedDictionary<string, QueuePolicy>(queues.ToDictionary(q => q.Id), StringComparer.Ordinal) };
}

public sealed record Replayed(ReplaySummary Summary, string Report, string Rows, string Trust)
{
    private readonly Lazy<JsonElement> _root = new(() => JsonElement.Parse(File.ReadAllText(Report)));

    public JsonElement Root => _root.Value;

    public JsonElement Total(string scope = "all") => Scope(scope).GetProperty("total");

    public JsonElement Scope(string scope) => Root.GetProperty("scopes").GetProperty(scope);

    public JsonElement TrustRoot => JsonElement.Parse(File.ReadAllText(Trust));
}
