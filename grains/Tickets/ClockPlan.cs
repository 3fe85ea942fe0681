using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

/// <summary>An extension that was granted to a clock: to a due time, by or to a limit, or as far as the policy says.</summary>
internal readonly record struct Granted(long At, long? DueAt, Limit? Limit);

/// <summary>
/// When a round of a clock is due if nobody pauses it. <see cref="From"/> is where counting begins: the start, or the opening after the cut-off.
/// A due time that somebody named (<see cref="Named"/>) stands; pauses move only what was computed.
/// </summary>
internal readonly record struct ClockPlan(long From, long Due, bool Named, bool InBusinessTime, BusinessCalendar Calendar)
{
    private static readonly List<Granted> NoneGranted = [];

    /// <summary>Null for a clock without a limit whose subject names no due time: there is nothing to keep.</summary>
    public static ClockPlan? Of(ClockPolicy clock, long start, int priority, long? ownDue, IReadOnlyList<Granted> extensions, BusinessCalendar calendar)
    {
        var limit = clock.LimitFor(priority);
        var from = CutOff(clock, start, calendar);
        if (limit is null && ownDue is null) return null;
        var plan = ownDue is { } own ? new ClockPlan(from, own, true, false, calendar)
            : new ClockPlan(from, limit!.Value.DueFrom(from, calendar, clock.Counting), false, limit.Value.InBusinessTime, calendar);
        return extensions.Count == 0 ? plan : plan.Extended(clock, extensions);
    }

    /// <summary>What pauses are measured in: working time for limits in business units, else elapsed time.</summary>
    public BusinessCalendar Measure => InBusinessTime ? Calendar : BusinessCalendar.Always;

    public long WarnAt(Warning warning)
    {
        if (warning.Before is { } before) return before.Before(Due, Calendar);
        var percent = warning.Percent!.Value;
        if (Due == BusinessCalendar.Never) return Due;
        return InBusinessTime ? Calendar.Add(From, Calendar.Between(From, Due) * percent / 100) : Due - ((Due - From) * (100 - percent) / 100);
    }

    private static long CutOff(ClockPolicy clock, long start, BusinessCalendar calendar)
    {
        if (clock.CutOff is not { } minute) return start;
        var local = calendar.LocalOf(start);
        if (local.TimeOfDay <= LocalTime.FromMinutesSinceMidnight(minute)) return start;
        // From a date that does not work, the next one that does is already the next business day.
        var next = calendar.AddDates(local.Date, calendar.Works(local.Date) ? 1 : 0);
        return next is { } date && calendar.OpeningOf(date) is { } opening ? opening : start;
    }

    private ClockPlan Extended(ClockPolicy clock, IReadOnlyList<Granted> extensions)
    {
        var (rule, plan) = (clock.Extend, this);
        var cap = rule.Max is { } max ? max.DueFrom(rule.Mode == ExtendMode.Add ? Due : From, Calendar, clock.Counting) : BusinessCalendar.Never;
        foreach (var e in extensions)
        {
            if (e.DueAt is { } due) { plan = plan with { Due = Math.Min(due, cap), Named = due <= cap }; continue; }
            if ((e.Limit ?? rule.To ?? rule.Max) is not { } limit) continue;
            var wanted = limit.DueFrom(rule.Mode == ExtendMode.Add ? plan.Due : From, Calendar, clock.Counting);
            plan = plan with { Due = Math.Min(wanted, cap), Named = false, InBusinessTime = limit.InBusinessTime || (rule.Mode == ExtendMode.Add && InBusinessTime) };
        }
        return plan;
    }

    /// <summary>The extensions of one round of a clock, in order.</summary>
    public static List<Granted> GrantedTo(ClockPolicy clock, string id, in ClockRound round, IReadOnlyList<Event> history)
    {
        var granted = NoneGranted;
        for (var i = 0; i < history.Count; i++)
        {
            var e = history[i];
            if (e.Type != clock.Extend.On || e.At < round.Start || e.At > (round.StoppedAt ?? round.CancelledAt ?? long.MaxValue)) continue;
            if (ReferenceEquals(granted, NoneGranted)) granted = [];
            if (e.Data is not TicketExtensionGranted d) granted.Add(new(e.At, null, null)); // another event stands for an extension of the policy's own length
            else if (d.ClockId == id || d.ClockId == clock.Id) granted.Add(new(e.At, Times.Ms(d.DueAt), LimitOf(d.Limit)));
        }
        return granted;
    }

    private static Limit? LimitOf(JsonElement? limit)
    {
        if (limit is not { ValueKind: JsonValueKind.Object } given) return null;
        if (!given.TryGetProperty("value", out var value) || !value.TryGetInt64(out var number) || number is < 1 or > 1_000_000) return null;
        if (!given.TryGetProperty("unit", out var unit) || unit.ValueKind != JsonValueKind.String) return null;
        foreach (var known in Enum.GetValues<LimitUnit>())
            if (Words.Of(known) == unit.GetString()) return new(number, known);
        return null;
    }
}
