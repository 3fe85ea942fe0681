using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OpsMonitor.Web.Send;

namespace OpsMonitor.Web.Cli;

internal static class ImportCommand
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    public static Command Make()
    {
        var input = new Option<string>("--input") { Description = "NDJSON CloudEvents as `export` writes them, also gzipped", Required = true };
        var url = new Option<string>("--url") { Description = "the server, or any node of a cluster", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        var key = new Option<string?>("--key") { Description = "a key that may send for all sources (or OPSMONITOR_KEY)" };
        var parallel = new Option<int>("--parallel") { Description = "requests under way at once, 1 to 64", DefaultValueFactory = _ => 4 };
        var command = new Command("import", "Post every event of a file, times and ids as they are. A live server refuses what is older than 30 days: start it with --backfill for this, "
            + "then again without. Safe to run again: what was taken is a duplicate") { input, url, key, parallel };
        command.SetAction(async (parsed, stop) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address)) return CommandLine.Fail("--url: not an address (for example http://127.0.0.1:5080)");
            try
            {
                var report = await EventImport.RunAsync(
                    new(parsed.GetValue(input)!, address, parsed.GetValue(key) ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY"), Math.Clamp(parsed.GetValue(parallel), 1, 64))
                    {
                        Progress = new Seldom(),
                    },
                    stop);
                Console.WriteLine(Line(report));
                foreach (var (code, (count, example)) in report.Refused) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {code}: {count} ({example})"));
                return report.Rejected == 0 ? 0 : 1;
            }
            catch (HttpRequestException e) { return CommandLine.Fail($"{e.Message} (run it again to go on: what was taken counts as duplicate)"); }
            catch (OperationCanceledException) { return CommandLine.Fail("stopped; run it again to go on: what was taken counts as duplicate"); }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException) { return CommandLine.Fail(e.Message); }
        });
        return command;
    }

    private static string Line(ImportReport r) => string.Create(CultureInfo.InvariantCulture,
        $"sent {r.Sent}: {r.Accepted} accepted, {r.Duplicates} duplicates, {r.Rejected} rejected{(r.Retries > 0 ? $"; {r.Retries} tries failed and were made again" : "")}");

    /// <summary>A line on standard error every few seconds.</summary>
    private sealed class Seldom : IProgress<ImportReport>
    {
        private readonly Lock _gate = new();
        private long _last = Stopwatch.GetTimestamp();

        public void Report(ImportReport value)
        {
            lock (_gate)
            {
                if (Stopwatch.GetElapsedTime(_last) < Between) return;
                _last = Stopwatch.GetTimestamp();
            }
            Console.Error.WriteLine(Line(value));
        }
    }
}
