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
/// <param name="Final">ladder_ended, never_open, resolved or retracted</param>
public sealed record AlertCare(Hold Hold, string? By, long Since, long? Until, string? Note, Items<LadderStep> Taken, LadderStep? Next, string? Final)
{
    /// <summary>How long an acknowledgement lasts that names no time, and how long any hold may last at most, in ms. (spec: alerts)</summary>
    public const long DefaultMs = 30 * 60_000, LongestMs = 86_400_000;

    public static readonly AlertCare None = new(Hold.Open, null, 0, null, null, Items<LadderStep>.None, null, null);

    /// <summary>When it changes although nobody does anything.</summary>
    public long NextChangeAt => Until ?? Next?.At ?? long.MaxValue;

    /// <summary>Whether somebody who was told of it as it was before would hear anything new.</summary>
    public bool Tells(AlertCare before) => (Hold, By, Until, Taken.All.Count) != (before.Hold, before.By, before.Until, before.Taken.All.Count);

    /// <summary>The alert stands no longer: nobody is told any more, and what was done stays readable.</summary>
    public AlertCare Ended(AlertState state) => this with { Next = null, Until = null, Final = state == AlertState.Retracted ? "retracted" : "resolved" };

    /// <summary>
    /// A pure function of what was done. The first who takes an alert has it until the time runs out, he or anybody releases it, or he takes it
    /// anew; what others do meanwhile changes nothing. The ladder stands still meanwhile and then goes on where it was.
    /// </summary>
    /// <param name="since">Unix ms at which the ladder began; deeds before it were about an earlier raise</param>
    /// <param name="hours">working hours of those who are told; null for at any time</param>
    /// <param name="deeds">of the alert's subject, in their one order</param>
    public static AlertCare Of(string alert, Items<Rung> ladder, BusinessCalendar? hours, long since, IReadOnlyList<Event> deeds, long now)
    {
        var climb = new Climb(ladder.All, hours, since);
        var care = None with { Since = since };
        foreach (var e in deeds)
        {
            if (e.At < since || e.At > now || e.Data is not AlertDeed deed || !string.Equals(deed.Alert, alert, StringComparison.Ordinal)) continue;
            care = Expired(care, climb, e.At);
            care = After(care, deed, e.At, climb);
        }
        care = Expired(care, climb, now);
        if (care.Hold != Hold.Open) return care with { Taken = climb.Taken };
        climb.Until(now);
        var next = climb.Next();
        return care with { Taken = climb.Taken, Next = next, Final = next is not null ? null : climb.AtEnd ? "ladder_ended" : "never_open" };
    }

    private static AlertCare Expired(AlertCare care, Climb climb, long at)
    {
        if (care.Until is not { } until || until > at) return care;
        climb.Resume(until);
        return care with { Hold = Hold.Open, Since = until, Until = null };
    }

    private static AlertCare After(AlertCare care, AlertDeed deed, long at, Climb climb)
    {
        var free = care.Hold == Hold.Open;
        if (deed is AlertReleased released)
        {
            if (free) return care;
            climb.Resume(at);
            return care with { Hold = Hold.Open, By = released.By, Since = at, Until = null, Note = released.Note };
        }
        if (!free && !string.Equals(care.By, deed.By, StringComparison.Ordinal)) return care;
        var (hold, until, note) = deed is AlertShelved shelved ? (Hold.Shelved, shelved.Until, (string?)shelved.Reason) : (Hold.Acknowledged, (deed as AlertAcknowledged)?.Until, (deed as AlertAcknowledged)?.Note);
        var end = until is not null && Rfc3339.TryParse(until, out var named) ? Math.Min(named, at + LongestMs) : at + DefaultMs;
        if (end <= at) return care;
        if (free) climb.Pause(at);
        return care with { Hold = hold, By = deed.By, Since = at, Until = end, Note = note };
    }

    /// <summary>Goes up the ladder in the time in which nobody has the alert.</summary>
    private sealed class Climb(IReadOnlyList<Rung> rungs, BusinessCalendar? hours, long since)
    {
        private readonly List<LadderStep> _taken = [];
        private long _openSince = long.MinValue, _held, _pausedAt;

        public Items<LadderStep> Taken => new([.. _taken]);

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

        /// <summary>Somebody takes the alert: in time for a step of that very instant.</summary>
        public void Pause(long at)
        {
            Until(at - 1);
            _pausedAt = at;
        }

        public void Resume(long at)
        {
            _held += at - _pausedAt;
            _openSince = at;
        }
    }
}
