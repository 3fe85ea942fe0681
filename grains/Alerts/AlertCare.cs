using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

public enum Hold { Open, Acknowledged, Shelved }

/// <summary>
/// Who looks after an alert, and whom the ladder has told. There is one timer at most: while somebody has it, the end of that
/// (<see cref="Until"/>); else the ladder's <see cref="Next"/>; without either <see cref="Final"/> says why. Instants in Unix ms.
/// </summary>
/// <param name="By">who has it; after a release, who released it; after the time ran out, who had it</param>
/// <param name="Since">of the hold as it is</param>
/// <param name="Final">ladder_ended, never_open, inhibited (until the alert that covers it is over), resolved or retracted</param>
public sealed record AlertCare(Hold Hold, string? By, long Since, long? Until, string? Note, Items<LadderStep> Taken, LadderStep? Next, string? Final)
{
    /// <summary>What keeps it quiet although nobody has it.</summary>
    public Mute Mute { get; init; }

    /// <summary>The silence's id, or the code of the alert that covers it.</summary>
    public string? MutedBy { get; init; }

    /// <summary>Null where nobody knows yet.</summary>
    public long? MutedUntil { get; init; }

    /// <summary>How long an acknowledgement lasts that names no time, and how long any hold may last at most, in ms. (spec: alerts)</summary>
    public const long DefaultMs = 30 * 60_000, LongestMs = 86_400_000;

    public static readonly AlertCare None = new(Hold.Open, null, 0, null, null, Items<LadderStep>.None, null, null);

    private static readonly AlertCare Resolved = None with { Final = "resolved" }, Retracted = None with { Final = "retracted" };

    /// <summary>When it changes although nobody does anything.</summary>
    public long NextChangeAt => Math.Min(Until ?? Next?.At ?? long.MaxValue, MutedUntil ?? long.MaxValue);

    /// <summary>Whether somebody who was told of it as it was before would hear anything new.</summary>
    public bool Tells(AlertCare before) =>
        (Hold, By, Until, Taken.All.Count, Mute, MutedBy) != (before.Hold, before.By, before.Until, before.Taken.All.Count, before.Mute, before.MutedBy);

    /// <summary>The alert stands no longer: nobody is told any more, and what was done stays readable.</summary>
    public AlertCare Ended(AlertState state) => ReferenceEquals(this, None) ? (state == AlertState.Retracted ? Retracted : Resolved)
        : this with { Next = null, Until = null, Final = state == AlertState.Retracted ? "retracted" : "resolved", Mute = Mute.None, MutedBy = null, MutedUntil = null };

    /// <summary>
    /// A pure function of what was done. The first who takes an alert has it until the time runs out, he or anybody releases it, or he takes it
    /// anew; what others do meanwhile changes nothing. The ladder stands still while somebody has it or it is kept quiet, and then goes on where it was.
    /// </summary>
    /// <param name="since">Unix ms at which the ladder began; deeds before it were about an earlier raise</param>
    /// <param name="hours">working hours of those who are told; null for at any time</param>
    /// <param name="deeds">of the alert's subject, in their one order</param>
    /// <param name="quiet">when it is silenced or covered by another alert</param>
    public static AlertCare Of(
        string alert, Items<Rung> ladder, BusinessCalendar? hours, long since, IReadOnlyList<Event> deeds, long now, IReadOnlyList<QuietSpan>? quiet = null)
    {
        var walk = new Walk(new(ladder.All, hours, since), QuietSpan.Union(quiet ?? [], since), None with { Since = since });
        foreach (var e in deeds)
            if (e.At >= since && e.At <= now && e.Data is AlertDeed deed && string.Equals(deed.Alert, alert, StringComparison.Ordinal)) walk.Deed(deed, e.At);
        return walk.End(now, quiet is { Count: > 0 } ? QuietSpan.At(quiet, now) : null);
    }

    /// <summary>Goes through deeds, ends of holds and quiet times in the order in which they happened.</summary>
    private sealed class Walk(Climb climb, IReadOnlyList<(long From, long To)> quiet, AlertCare care)
    {
        private int _edge; // of the quiet times: an odd one ends
        private AlertCare _care = care;

        private bool Muted => (_edge & 1) == 1;

        private long NextEdge => _edge >= quiet.Count * 2 ? long.MaxValue : Muted ? quiet[_edge / 2].To : quiet[_edge / 2].From;

        public void Deed(AlertDeed deed, long at)
        {
            Pass(at);
            _care = After(_care, deed, at);
            climb.Stand(IsQuiet, at);
        }

        public AlertCare End(long now, QuietSpan? mute)
        {
            Pass(now);
            climb.Stand(IsQuiet, now);
            var care = _care with { Mute = mute?.Mute ?? Mute.None, MutedBy = mute?.By };
            var end = Muted ? NextEdge : long.MaxValue;
            if (Muted) care = care with { MutedUntil = end == long.MaxValue ? null : end };
            if (!IsQuiet) climb.Until(now);
            care = care with { Taken = climb.Taken };
            if (care.Hold != Hold.Open) return care;
            if (Muted && end == long.MaxValue) return care with { Final = "inhibited" };
            if (Muted) climb.Stand(false, end); // as it will go on then
            var next = climb.Next();
            return care with { Next = next, Final = next is not null ? null : climb.AtEnd ? "ladder_ended" : "never_open" };
        }

        private bool IsQuiet => Telling.Quiet(_care.Hold, Muted ? Mute.Silenced : Mute.None) is not null;

        private void Pass(long to)
        {
            while (true)
            {
                var at = Math.Min(_care.Until ?? long.MaxValue, NextEdge);
                if (at > to || at == long.MaxValue) return;
                if (_care.Until <= at) _care = _care with { Hold = Hold.Open, Since = at, Until = null };
                if (NextEdge <= at) _edge++;
                climb.Stand(IsQuiet, at);
            }
        }
    }

    private static AlertCare After(AlertCare care, AlertDeed deed, long at)
    {
        var free = care.Hold == Hold.Open;
        if (deed is AlertReleased released) return free ? care : care with { Hold = Hold.Open, By = released.By, Since = at, Until = null, Note = released.Note };
        if (!free && !string.Equals(care.By, deed.By, StringComparison.Ordinal)) return care;
        var (hold, until, note) = deed is AlertShelved shelved ? (Hold.Shelved, shelved.Until, (string?)shelved.Reason) : (Hold.Acknowledged, (deed as AlertAcknowledged)?.Until, (deed as AlertAcknowledged)?.Note);
        var end = until is not null && Rfc3339.TryParse(until, out var named) ? Math.Min(named, at + LongestMs) : at + DefaultMs;
        return end <= at ? care : care with { Hold = hold, By = deed.By, Since = at, Until = end, Note = note };
    }

    /// <summary>Goes up the ladder in the time in which nobody has the alert and nothing keeps it quiet.</summary>
    private sealed class Climb(IReadOnlyList<Rung> rungs, BusinessCalendar? hours, long since)
    {
        private readonly List<LadderStep> _taken = [];
        private long _openSince = long.MinValue, _held, _pausedAt;
        private bool _quiet;

        public Items<LadderStep> Taken => StepsTaken.Of(rungs, _taken);

        /// <summary>The last word has been said.</summary>
        public bool AtEnd => _taken.Count > rungs.Count;

        public LadderStep? Next()
        {
            if (AtEnd) return null;
            var last = _taken.Count == rungs.Count;
            var due = last ? since + Ladder.LastWordMs : since + _held + rungs[_taken.Count].AfterMs;
            if (_taken.Count > 0) due = Math.Max(due, _taken[^1].At);
            due = Math.Max(due, _openSince);
            if (hours is not null) due = hours.NextOpen(due);
            return due == BusinessCalendar.Never ? null : new(last ? Ladder.LastWord : rungs[_taken.Count].To, due);
        }

        /// <summary>Takes all steps that are due at an instant.</summary>
        public void Until(long at)
        {
            while (Next() is { } step && step.At <= at) _taken.Add(step);
        }

        /// <summary>It is quiet from an instant on, or no longer. Who takes it is in time for a step of that very instant.</summary>
        public void Stand(bool quiet, long at)
        {
            if (quiet == _quiet) return;
            _quiet = quiet;
            if (quiet) { Until(at - 1); _pausedAt = at; }
            else { _held += at - _pausedAt; _openSince = at; }
        }
    }
}
