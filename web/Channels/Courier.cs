using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Channels;

/// <summary>Where changes of alerts come from: committed, in order, and again until they are marked.</summary>
internal interface IOutsideRows
{
    IReadOnlyList<OutboxEntry> Take(int limit);

    void Sent(IEnumerable<long> ids);
}

internal sealed class HostRows(IOpsHost host) : IOutsideRows
{
    public IReadOnlyList<OutboxEntry> Take(int limit) => host.Outbox?.Take(OutboxRow.Outside, host.Now, limit) ?? [];

    public void Sent(IEnumerable<long> ids) => host.Outbox?.Sent(ids, host.Now);
}

/// <param name="Drain">how long a stop waits for answers that are under way</param>
/// <param name="AtOnce">requests to one receiver at a time; a chat gets one</param>
internal sealed record CourierOptions(TimeSpan Drain, int AtOnce = 16);

/// <summary>
/// Carries letters: takes changes of alerts, keeps the letters that follow before it marks the change, sends what is due, keeps what came of it. One
/// loop decides; only the waiting for answers is parallel. Told at least once, each letter by one id, doubled only where an answer was lost.
/// </summary>
internal sealed partial class Courier(
    IOutsideRows rows, ChannelStore store, LetterTable table, ISender sender, TimeProvider clock, ILogger<Courier> log, CourierOptions? options = null) : BackgroundService
{
    private const int RowsAtOnce = 500, LettersAtOnce = 500;

    // More than so many at once for one department become one. (spec: alerts, Exact)
    private const int MostMails = 20;

    private const long LongestSleepMs = 1_000, PruneMs = 3_600_000, RateMs = 60_000;
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);

    private sealed record Outcome(ChannelEntry Channel, IReadOnlyList<StoredLetter> Letters, SendResult Result, long At);

    private sealed class Lane
    {
        public readonly HashSet<long> InFlight = [];
        public readonly List<long> Sent = []; // instants of requests, for the rates
        public long QuietUntil;
    }

    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly System.Collections.Concurrent.ConcurrentQueue<Outcome> _outcomes = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _abort = new();
    private readonly CourierOptions _options = options ?? new(Drain);
    private int _underWay;
    private long _pruneAt, _lookedAt;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Something may have become due.</summary>
    public void Wake()
    {
        try { _signal.Release(); }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException) { } // awake already, or for ever asleep
    }

    /// <summary>Sends one message now, past the queue, to see whether the channel works. Keeps nothing but how the channel does.</summary>
    public async Task<(SendResult Result, long Ms)> TestAsync(ChannelSettings settings, ChannelEntry channel, string? contact, CancellationToken stop)
    {
        var (now, watch) = (Now, Stopwatch.StartNew());
        var result = await sender.SendAsync(settings, channel, [TestLetter(channel, contact, now)], now, stop);
        table.Noted(channel.Id, result.Delivered, result.Detail, Now);
        return (result, watch.ElapsedMilliseconds);
    }

    /// <summary>A letter about nothing.</summary>
    internal static Letter TestLetter(ChannelEntry channel, string? contact, long now)
    {
        var notice = new Notice("test", "TEST", AlertState.Raised, now, "", "", "", AlertLevel.Yellow, null, now, now, now, now, Hold.Open, null, [], default);
        return new(string.Create(CultureInfo.InvariantCulture, $"test.{channel.Id}.{now}"), channel.Id, "", contact, LetterKind.Test, "", Why.FirstTime, null, notice, now, false);
    }

    /// <summary>Unix ms at which the loop last went round without a fault.</summary>
    public long LookedAt => Volatile.Read(ref _lookedAt);

    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            var wait = LongestSleepMs;
            try
            {
                while (PlanSome() == RowsAtOnce) { }
                Mark();
                wait = Math.Clamp(Start(Now), 1, LongestSleepMs);
                Prune();
                Volatile.Write(ref _lookedAt, Now);
            }
            catch (Exception fault) when (fault is not OperationCanceledException) // whatever it is: the walls must not go with it
            {
                CannotWork(fault);
            }
            try { await _signal.WaitAsync(TimeSpan.FromMilliseconds(wait), stop); }
            catch (OperationCanceledException) { break; }
        }
        for (var left = Stopwatch.StartNew(); Volatile.Read(ref _underWay) > 0 && left.Elapsed < _options.Drain;) await Task.Delay(20, CancellationToken.None);
        try { Mark(); }
        catch (SqliteException fault) { CannotWork(fault); }
        await _abort.CancelAsync();
    }

    public override void Dispose()
    {
        base.Dispose();
        _abort.Dispose();
        _signal.Dispose();
    }

    // Letters first, then the mark: a crash in between plans the row again, and finds it planned.
    private int PlanSome()
    {
        var taken = rows.Take(RowsAtOnce);
        if (taken.Count == 0) return 0;
        var settings = store.Current().Settings;
        table.Together(() =>
        {
            foreach (var entry in taken)
            {
                if (Read(entry.Row) is not { } notice || table.IsPlanned(notice)) continue;
                table.Keep(notice, Planner.Of(settings, notice, table.StepsOf(notice.Alert, notice.Since), table.KnownOf(notice.Alert)));
            }
        });
        rows.Sent(taken.Select(t => t.Id));
        return taken.Count;
    }

    // A row that cannot be read must not hold up the others for ever.
    private Notice? Read(OutboxRow row)
    {
        try { return Notice.Of(row); }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            CannotRead(row.Code, fault);
            return null;
        }
    }

    /// <returns>in how many ms something else is due</returns>
    private long Start(long now)
    {
        var settings = store.Current().Settings;
        var next = now + LongestSleepMs;
        foreach (var id in table.ChannelsThatWait())
        {
            if (!settings.Channels.TryGetValue(id, out var channel)) GiveUp(settings, id, "the channel was removed", now);
            else if (table.StateOf(id).DisabledAt is not null) GiveUp(settings, id, "the channel is switched off", now);
            else next = Math.Min(next, Start(settings, channel, LaneOf(id, now), now));
        }
        return next - now;
    }

    private long Start(ChannelSettings settings, ChannelEntry channel, Lane lane, long now)
    {
        if (lane.QuietUntil > now) return lane.QuietUntil;
        lane.Sent.RemoveAll(at => at <= now - RateMs);
        var chat = ChannelKinds.ByName[channel.Kind].Chat;
        var free = (chat ? 1 : _options.AtOnce) - lane.InFlight.Count;
        if (free <= 0) return long.MaxValue; // an answer wakes the loop
        var one = chat || channel.Mail is not null ? LettersAtOnce : free + lane.InFlight.Count;
        var due = table.Due(channel.Id, now, one, id => !lane.InFlight.Contains(id));
        var parcels = Parcels(channel, due);
        var step = Pace.Next(channel.Rates, lane.Sent, parcels.Count, now, chat);
        if (step.Digest) Send(settings, channel, lane, due, now);
        else
            foreach (var parcel in parcels.Take(Math.Min(step.Singles, free))) Send(settings, channel, lane, parcel, now);
        // What is due and was not started is under way, or behind another of its lane: an answer wakes the loop.
        return step.WaitUntil ?? (table.NextAt(channel.Id) is { } next && next > now ? next : long.MaxValue);
    }

    // A letter each; but a person or chat who gets many about one department at once, as after a stop of this server, gets one of them all, and so
    // does a person of all that is left. Each alert keeps its letter, and its record.
    private static List<IReadOnlyList<StoredLetter>> Parcels(ChannelEntry channel, IReadOnlyList<StoredLetter> due)
    {
        var parcels = new List<IReadOnlyList<StoredLetter>>();
        if (channel.Mail is null && !ChannelKinds.ByName[channel.Kind].Chat) { foreach (var letter in due) parcels.Add([letter]); return parcels; }
        foreach (var person in due.GroupBy(l => l.Letter.Contact, StringComparer.Ordinal))
        {
            var single = new List<StoredLetter>();
            foreach (var department in person.Where(l => l is { Attempts: 0, Series: 0 }).GroupBy(l => l.Letter.Notice.Department, StringComparer.Ordinal))
                if (department.Count() > MostMails) parcels.Add([.. department]); else single.AddRange(department);
            if (channel.Mail is not null && single.Count > MostMails) parcels.Add(single); else single.ForEach(l => parcels.Add([l]));
            foreach (var letter in person.Where(l => l is not { Attempts: 0, Series: 0 })) parcels.Add([letter]);
        }
        return parcels;
    }

    private void Send(ChannelSettings settings, ChannelEntry channel, Lane lane, IReadOnlyList<StoredLetter> letters, long now)
    {
        foreach (var letter in letters) lane.InFlight.Add(letter.Id);
        lane.Sent.Add(now);
        Interlocked.Increment(ref _underWay);
        _ = Task.Run(async () =>
        {
            try
            {
                using var span = Out.Tracing.Spans.StartActivity("letter");
                var result = await sender.SendAsync(settings, channel, [.. letters.Select(l => l.Letter)], Now, _abort.Token);
                span?.SetTag("opsmonitor.channel", channel.Id).SetTag("opsmonitor.kind", channel.Kind).SetTag("opsmonitor.letters", letters.Count).SetTag("opsmonitor.delivered", result.Delivered);
                _outcomes.Enqueue(new(channel, letters, result, Now));
            }
            catch (OperationCanceledException) { } // the program ends: nothing is known, so it is sent again
            catch (Exception fault) // a letter that was forgotten as under way would never be sent
            {
                CannotSend(channel.Id, fault.GetType().Name);
                _outcomes.Enqueue(new(channel, letters, new(false, "cannot be put into a request"), Now));
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
                if (!_abort.IsCancellationRequested) Wake();
            }
        });
    }

    private void Mark()
    {
        if (_outcomes.IsEmpty) return;
        var (settings, done) = (store.Current().Settings, new List<Outcome>());
        while (_outcomes.TryDequeue(out var outcome)) done.Add(outcome);
        try
        {
            table.Together(() =>
            {
                foreach (var outcome in done)
                    foreach (var letter in outcome.Letters) Mark(settings, letter, outcome);
            });
        }
        catch (SqliteException)
        {
            foreach (var outcome in done) _outcomes.Enqueue(outcome); // they stay in flight until they can be kept
            throw;
        }
        foreach (var (channel, letters, result, at) in done)
        {
            var lane = LaneOf(channel.Id, at);
            foreach (var letter in letters) lane.InFlight.Remove(letter.Id);
            if (result.RetryAfterMs is { } wait) lane.QuietUntil = Math.Max(lane.QuietUntil, at + Math.Min(wait, Retries.LongestMs));
        }
    }

    private void Mark(ChannelSettings settings, StoredLetter letter, Outcome outcome)
    {
        var (result, at) = (outcome.Result, outcome.At);
        var attempt = new Attempt(at, result.Delivered, result.Gone, result.RetryAfterMs);
        var next = Retries.After(letter.Letter.Lane + letter.Letter.Key, letter.Letter.NotBefore, [.. table.AttemptsOf(letter), attempt]);
        table.Mark(letter, letter.Attempts + 1, attempt, result.Detail, next);
        if (letter.Letter.Held && letter is { Attempts: 0, Series: 0 }) table.Opened(letter.Letter, at);
        if (result.Gone) table.Disable(outcome.Channel.Id, result.Detail, at);
        if (next.Final is RetryState.Gone or RetryState.TriedOut) Dead(settings, letter, next.Final, at);
    }

    private void GiveUp(ChannelSettings settings, string channel, string why, long now)
    {
        var letters = table.Due(channel, long.MaxValue, LettersAtOnce, _ => true);
        table.Together(() =>
        {
            foreach (var letter in letters)
            {
                table.Bury(letter.Id, why, now);
                Dead(settings, letter, why, now);
            }
        });
        Wake();
    }

    private void Dead(ChannelSettings settings, StoredLetter letter, string why, long at)
    {
        CouldNotTell(letter.Letter.Channel, letter.Letter.Notice.Code, why);
        foreach (var other in Planner.ByAnotherWay(settings, letter.Letter, at)) table.Add(other);
    }

    private Lane LaneOf(string channel, long now)
    {
        if (_lanes.TryGetValue(channel, out var known)) return known;
        var lane = new Lane();
        lane.Sent.AddRange(table.RequestsSince(channel, now - RateMs)); // a restart does not begin the receiver's minute anew
        return _lanes[channel] = lane;
    }

    private void Prune()
    {
        if (Now < _pruneAt) return;
        _pruneAt = Now + PruneMs;
        table.Prune(Now);
    }

    [LoggerMessage(LogLevel.Error, "channels cannot work at the moment; nothing is lost")]
    private partial void CannotWork(Exception fault);

    [LoggerMessage(LogLevel.Error, "a change of alert {Code} cannot be read; nobody outside is told of it")]
    private partial void CannotRead(string code, Exception fault);

    [LoggerMessage(LogLevel.Error, "channel {Channel}: a letter cannot be put into a request ({Fault})")]
    private partial void CannotSend(string channel, string fault);

    [LoggerMessage(LogLevel.Warning, "channel {Channel} could not tell of alert {Code}: {Why}")]
    private partial void CouldNotTell(string channel, string code, string why);
}
