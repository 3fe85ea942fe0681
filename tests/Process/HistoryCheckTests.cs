using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Processes;

/// <summary>
/// Clients write down what came of each operation: ok, fail, or unknown. Then the journal is compared with their books: every ok is there once,
/// no fail is, and nothing that nobody sent. Unknown may be either.
/// </summary>
public sealed class HistoryCheckTests(ITestOutputHelper output)
{
    private const int Few = 6, Clients = 4, Seed = 20_261_122;

    private enum Outcome { Ok, Fail, Unknown }

    private readonly ConcurrentDictionary<string, Outcome> _books = new(StringComparer.Ordinal);
    private int _number, _done;

    [Fact(Timeout = 7_200_000)]
    public async Task What_clients_wrote_down_agrees_with_the_journal_over_kills()
    {
        var loops = int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_LOOPS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Few;
        using var folder = new TemporaryFolder();
        var (random, key, all) = (new Random(Seed), "", Stopwatch.StartNew());
        for (var loop = 0; loop < loops; loop++)
        {
            using var server = await ServerProcess.StartAsync(folder.Path);
            key = server.FirstKey ?? key;
            using var client = ServerClient.With(server.Root, key);
            var clients = Enumerable.Range(0, Clients).Select(c => Task.Run(() => Live(client, new(Seed + (loop * Clients) + c)))).ToArray();
            // Until it has taken something: a kill before that would show nothing.
            for (var (watch, known) = (Stopwatch.StartNew(), Volatile.Read(ref _done)); Volatile.Read(ref _done) < known + 20 && watch.Elapsed < TimeSpan.FromSeconds(20);) await Task.Delay(10);
            await Task.Delay(random.Next(0, 100));
            server.Kill();
            await Task.WhenAll(clients);
        }
        output.WriteLine($"{loops} kills in {all.Elapsed.TotalSeconds:F0} s, {all.Elapsed.TotalSeconds / loops:F1} s each");
        Check(folder.Path);
    }

    private async Task Live(HttpClient client, Random random)
    {
        while (true)
        {
            var batch = Enumerable.Range(0, random.Next(1, 4)).Select(_ => ($"h-{Interlocked.Increment(ref _number)}", Good: random.Next(4) != 0)).ToList();
            foreach (var (id, _) in batch) _books[id] = Outcome.Unknown;
            try
            {
                using var content = new StringContent($"[{string.Join(',', batch.Select(e => Text(e.Item1, e.Good)))}]", Encoding.UTF8, "application/cloudevents-batch+json");
                using var answer = await client.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content);
                await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{answer.StatusCode}");
                foreach (var (id, good) in batch) _books[id] = good ? Outcome.Ok : Outcome.Fail;
                Interlocked.Add(ref _done, batch.Count);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException) { return; }
        }
    }

    // A fail is one that only the state can refuse (its time), so that the refusal goes through the writer.
    private static string Text(string id, bool good)
    {
        var at = DateTimeOffset.UtcNow.AddDays(good ? 0 : 2).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"books","type":"ticket.created","time":"{{{at}}}","subject":"ticket/{{{id}}}","data":{"kind":"complaint","channel":"phone"}}""";
    }

    private void Check(string folder)
    {
        using var journal = FrameJournal.Open(folder, static _ => { });
        var kept = journal.ReadFrom(0).SelectMany(f => TurnFrame.Read(f.Frame).Events).Select(e => e.Id).ToList();
        var there = kept.ToHashSet(StringComparer.Ordinal);
        Assert.Equal(there.Count, kept.Count);
        Assert.DoesNotContain(_books, b => b.Value == Outcome.Ok && !there.Contains(b.Key));
        Assert.DoesNotContain(_books, b => b.Value == Outcome.Fail && there.Contains(b.Key));
        Assert.DoesNotContain(there, id => !_books.ContainsKey(id));
        int Of(Outcome outcome) => _books.Count(b => b.Value == outcome);
        output.WriteLine($"{Of(Outcome.Ok)} ok, all there once; {Of(Outcome.Fail)} fail, none there; {Of(Outcome.Unknown)} unknown, {_books.Count(b => b.Value == Outcome.Unknown && there.Contains(b.Key))} of them there");
        Assert.True(Of(Outcome.Ok) > 0 && Of(Outcome.Fail) > 0);
    }
}
