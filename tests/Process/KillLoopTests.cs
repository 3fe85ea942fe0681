using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>
/// The promise behind every 200: it survives the death of the process at any moment. A kill cannot show what a power cut would lose from the
/// disk's own cache; that rests on the journal's settings, which are read back at every start.
/// </summary>
public sealed partial class KillLoopTests(ITestOutputHelper output)
{
    private const string Source = "kill-loop";
    private const int BatchSize = 10, Senders = 3, FewLoops = 8, Seed = 20_261_121;

    [Fact(Timeout = 7_200_000)]
    public async Task What_was_acknowledged_is_there_once_however_often_the_process_is_killed()
    {
        var loops = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_LOOPS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : FewLoops;
        // Most of a loop is the start of a process: many loops are run on as many data folders as there are processors.
        var series = loops > FewLoops ? Environment.ProcessorCount : 1;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, series).Select(n => Task.Run(async () =>
        {
            using var folder = new TemporaryFolder();
            var said = await new Series(folder.Path, Seed + n).RunAsync((loops / series) + (n < loops % series ? 1 : 0));
            output.WriteLine(said);
        })));
        output.WriteLine($"{loops} loops in {watch.Elapsed.TotalSeconds:F0} s, {watch.Elapsed.TotalSeconds / loops:F1} s each");
    }
    private readonly record struct Batch(string[] Body, int Events);

    /// <summary>One data folder, and the processes that are killed on it one after the other.</summary>
    private sealed class Series(string folder, int seed)
    {
        private readonly ConcurrentQueue<Batch> _acknowledged = new();
        private readonly ConcurrentQueue<Batch> _unknown = new();
        private readonly List<double> _starts = [];
        private string _key = "";
        private int _batches;

        public async Task<string> RunAsync(int loops)
        {
            var random = new Random(seed);
            var redelivered = 0;
            for (var loop = 0; loop < loops; loop++)
            {
                using var server = await StartAsync();
                redelivered += await SendUnknownAgain(server.Root);
                await PostUntilKilled(server, TimeSpan.FromMilliseconds(random.Next(20, 500)));
            }
            using (var server = await StartAsync())
            {
                redelivered += await SendUnknownAgain(server.Root);
                var (accepted, duplicate) = await SendAll(server.Root, _acknowledged);
                Assert.Equal(0, accepted); // an accepted one had been lost
                Assert.Equal(Events(_acknowledged), duplicate);
                server.Kill();
            }
            await CheckCounts(folder, Events(_acknowledged));
            return $"{loops} kills, {Events(_acknowledged)} acknowledged, 0 lost, 0 doubled ({redelivered} events in doubt at a kill were sent again; of {_batches} batches); "
                + $"a start took {_starts.Order().ElementAt(_starts.Count / 2):F0} ms, the first three {string.Join(", ", _starts.Take(3).Select(s => $"{s:F0}"))}, the last {_starts[^1]:F0}";
        }

        private async Task<ServerProcess> StartAsync()
        {
            var watch = Stopwatch.StartNew();
            var server = await ServerProcess.StartAsync(folder);
            _starts.Add(watch.Elapsed.TotalMilliseconds);
            _key = server.FirstKey ?? _key;
            return server;
        }

        /// <summary>
        /// Every batch has been acknowledged by now, at first or when it was sent again: so equal, not only "at least". What the server says of itself
        /// (that it noticed a breach late, after so many starts) is in the journal besides.
        /// </summary>
        private static async Task CheckCounts(string folder, long expected)
        {
            var (exit, said) = await ServerProcess.RunAsync("verify", "--data", folder);
            Assert.True(exit == 0, said);
            await using var host = LocalHost.Open(new(folder, PolicySet.Default) { Frozen = true }, TimeProvider.System, static _ => { });
            var (all, ours) = (0L, new List<string>());
            foreach (var e in host.Recorded(0, long.MaxValue))
            {
                all++;
                if (e.Source == Source) ours.Add(e.Id); else Assert.Equal(SubjectKind.Source, e.Subject.Kind);
            }
            Assert.Equal((expected, expected), (ours.Count, ours.Distinct(StringComparer.Ordinal).LongCount()));
            Assert.Equal(all, long.Parse(EventCount().Match(said).Groups[1].Value, CultureInfo.InvariantCulture));
            var sums = host.Read(s => s.Books.Find("all")!.Over(Window.Always));
            Assert.Equal((expected / 2, expected / 2), (sums[Measure.Created], sums[Measure.Closed]));
            Assert.Equal(expected / 2, host.Read(s => s.Rows().LongCount(r => r.Subject.Kind == SubjectKind.Ticket)));
        }

        private async Task PostUntilKilled(ServerProcess server, TimeSpan life)
        {
            using var client = Client(server.Root);
            using var end = new CancellationTokenSource();
            var senders = Enumerable.Range(0, Senders).Select(_ => Task.Run(() => PostOn(client, end.Token))).ToArray();
            await Task.Delay(life);
            server.Kill();
            await end.CancelAsync();
            await Task.WhenAll(senders);
        }

        private async Task PostOn(HttpClient client, CancellationToken end)
        {
            while (!end.IsCancellationRequested)
            {
                var batch = NewBatch(Interlocked.Increment(ref _batches));
                try
                {
                    var (accepted, _) = await Post(client, batch);
                    Assert.Equal(batch.Events, accepted);
                    _acknowledged.Enqueue(batch);
                }
                catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
                {
                    _unknown.Enqueue(batch); // kept or not: nobody knows, so the sender sends it again
                    return;
                }
            }
        }

        private async Task<int> SendUnknownAgain(Uri root)
        {
            var again = 0;
            using var client = Client(root);
            while (_unknown.TryDequeue(out var batch))
            {
                var (accepted, duplicate) = await Post(client, batch);
                Assert.True(accepted == 0 || duplicate == 0, "a batch is one commit: it is there whole or not at all");
                Assert.Equal(batch.Events, accepted + duplicate);
                _acknowledged.Enqueue(batch);
                again += batch.Events;
            }
            return again;
        }

        private async Task<(int Accepted, int Duplicate)> SendAll(Uri root, IEnumerable<Batch> batches)
        {
            using var client = Client(root);
            var (accepted, duplicate) = (0, 0);
            foreach (var batch in batches)
            {
                var answer = await Post(client, batch);
                (accepted, duplicate) = (accepted + answer.Accepted, duplicate + answer.Duplicate);
            }
            return (accepted, duplicate);
        }

        private static Task<(int Accepted, int Duplicate)> Post(HttpClient client, Batch batch) => ServerClient.PostAsync(client, batch.Body);

        private HttpClient Client(Uri root) => ServerClient.With(root, _key);

        // Each ticket is opened and closed in one batch: what a long run costs is the kills, not tens of thousands of broken promises.
        private static Batch NewBatch(int number)
        {
            var now = DateTimeOffset.UtcNow;
            var events = Enumerable.Range(0, BatchSize / 2).SelectMany(i => new[]
            {
                Event($"{number}-{i}", "created", now, $$$"""{"kind":"complaint","channel":"phone","department_id":"billing","priority":{{{(i % 4) + 1}}}}"""),
                Event($"{number}-{i}", "closed", now.AddMilliseconds(1), """{"closure_code":"done"}"""),
            });
            return new([.. events], BatchSize);
        }

        private static string Event(string ticket, string what, DateTimeOffset at, string data) =>
            $$$"""
            {"specversion":"1.0","id":"{{{ticket}}}-{{{what}}}","source":"{{{Source}}}","type":"ticket.{{{what}}}","time":"{{{at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)}}}","subject":"ticket/K-{{{ticket}}}",
             "data":{{{data}}}}
            """;

        private static long Events(IEnumerable<Batch> batches) => batches.Sum(b => (long)b.Events);
    }

    [GeneratedRegex(@"\((\d+) events\)")]
    private static partial Regex EventCount();
}
