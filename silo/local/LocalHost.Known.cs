using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Past;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Silo.Local;

/// <summary>Looking back: what is judged is judged while turns go on; only what it is compared with is taken between two of them.</summary>
public sealed partial class LocalHost
{
    private const int KnownTries = 5;

    private readonly Lock _looking = new(); // one look back at a time: it may fill memory and a processor for seconds
    private const long Minute = 60_000, Week = 7 * 86_400_000L;

    /// <summary>The numbers of a scope as they are known now, of an instant: those of a replay of all events up to it, judged then by the policies then in force.</summary>
    /// <param name="window">ends at the latest with the instant's minute</param>
    /// <param name="at">Unix ms, not after now</param>
    /// <param name="live">adds what was true then (waiting, due within, breached open)</param>
    public SortedDictionary<string, object?> Known(string scope, Window window, long at, bool live)
    {
        lock (_looking) return LookedBack(scope, window, at, live);
    }

    private SortedDictionary<string, object?> LookedBack(string scope, Window window, long at, bool live)
    {
        var (edits, policies) = Read(s => (s.Edits, s.Policies));
        if (edits.Any(e => e.At > at) && _options.Reread is { } reread) policies = reread([.. edits.Where(e => e.At <= at)]);
        for (var tries = KnownTries; ; tries--)
        {
            var departures = Read(s => s.Departures);
            var view = new KnownView(at, policies);
            JudgeKept(view, window);
            // At last while turns wait: then nobody comes or goes.
            if ((tries > 0 ? Looked(view, scope, window, live, departures) : Read(s => Looked(view, scope, window, live, s.Departures))) is { } found) return found;
        }
    }

    // Null where somebody left or came back meanwhile.
    private SortedDictionary<string, object?>? Looked(KnownView view, string scope, Window window, bool live, long departures)
    {
        for (var rounds = KnownTries; ; rounds--)
        {
            IReadOnlyList<Unjudged> missing = [];
            var taken = Read(s =>
            {
                if (s.Departures != departures) return null;
                missing = s.Unjudged(view);
                if (rounds == 0) foreach (var subject in missing) view.Judge(subject); // a busy host: the last few while turns wait
                else if (missing.Count > 0) return null;
                return Taken(s, view, scope, window, live);
            });
            if (taken is null && missing.Count == 0) return null;
            if (taken is null)
            {
                foreach (var subject in missing) view.Judge(subject);
                continue;
            }
            foreach (var file in taken.Files) view.Judge(file);
            var (plus, minus) = view.Changes(scope);
            var sums = new KnownSums(taken.Sums, taken.Level, () => Read(s => MinutesOf(s, scope)), plus, minus);
            return Report.Of(sums, scope, window, view.At, view.Policies, live ? [view.Live(scope, taken.Unchanged)] : []);
        }
    }

    private sealed record TakenState(IReadOnlyList<UnjudgedFile> Files, IReadOnlyDictionary<Window, Sums> Sums, Sums Level, IReadOnlyList<(Subject Who, Evaluation Now)> Unchanged);

    private static TakenState Taken(Shard shard, KnownView view, string scope, Window window, bool live)
    {
        var source = Report.Source(shard, scope);
        var sums = new Dictionary<Window, Sums> { [window] = source.Over(window) };
        if (window.From != long.MinValue && window.To - window.From <= Week)
            for (var k = 1; k <= Report.MostWeeks; k++)
            {
                var before = new Window(window.From - (k * Week), window.To - (k * Week));
                sums[before] = source.Over(before);
            }
        return new(shard.UnjudgedFiles(view, window), sums, source.Level(window.To), live ? shard.Unchanged(view) : []);
    }

    private static List<(long, Sums)> MinutesOf(Shard shard, string scope)
    {
        var ledgers = Report.LedgersOf(shard, scope);
        return [.. new SortedSet<long>(ledgers.SelectMany(l => l.Minutes())).Select(m =>
        {
            var sums = new Sums([], []);
            foreach (var ledger in ledgers) sums.Add(ledger.At(m));
            return (m, sums);
        })];
    }

    private void JudgeKept(KnownView view, Window window)
    {
        if (Kept is null) return;
        foreach (var part in Kept.PartsAlive(view.At, view.End, window.From)) view.Note(part);
        List<(Subject Who, Evaluation Now)> bare = [];
        foreach (var (who, now, packed) in Kept.Alive(view.At, view.End))
        {
            if (who.Kind == SubjectKind.Survey) continue;
            if (packed is not null) view.Judge(who, now, Grains.Turns.History.Of(packed).Events);
            else bare.Add((who, now));
        }
        if (bare.Count == 0) return;
        var recalled = _history!.Histories([.. bare.Select(b => b.Who)], long.MaxValue).ToDictionary(r => r.Subject);
        foreach (var (who, now) in bare) view.Judge(who, now, [.. recalled[who].Events.Where(e => e.Subject == who ? SubjectRules.HasRow(e) : e.Data is not null)]);
    }
}
