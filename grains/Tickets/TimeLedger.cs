using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Tickets;

public enum TimeHolder { Department, ServiceDesk, Customer, ThirdParty, ClosedHours }

/// <summary>A stretch of a ticket's life and who had it. <see cref="Department"/> is named where a department had it, or whose hours were closed.</summary>
public sealed record HeldTime(long From, long To, TimeHolder Holder, string? Department);

/// <summary>
/// Every millisecond of a ticket from its receipt to its end (or now) belongs to exactly one holder; the parts sum to the whole. Who has it, first of these that
/// holds: the customer or a third party while a pause waits for them; a department while a dispatch to it is open (the one
/// dispatched last); else the service desk. What falls outside the hours of the department or desk at hand is closed time. Resolved time is the desk's.
/// (spec: metrics, time_ledger)
/// </summary>
public static class TimeLedger
{
    public static IReadOnlyList<HeldTime> Of(IReadOnlyList<Event> history, PolicySet policies, long now)
    {
        var story = TicketStory.Of(history);
        return story.Created is null ? [] : Of(story, policies, now);
    }

    internal static IReadOnlyList<HeldTime> Of(TicketStory story, PolicySet policies, long now)
    {
        var start = Math.Min(Times.Ms(story.Created!.ReceivedAt) ?? story.CreatedAt, story.CreatedAt);
        var end = Math.Max(start, story.ExitAt ?? story.ClosedAt ?? now);
        var marks = Marks(story, start, end);
        var parts = new List<HeldTime>();
        for (var i = 1; i < marks.Count; i++) Hold(parts, story, policies, marks[i - 1], marks[i]);
        return parts;
    }

    /// <summary>Milliseconds by holder and department, in their order.</summary>
    public static SortedDictionary<(TimeHolder Holder, string Department), long> Sum(IReadOnlyList<HeldTime> parts)
    {
        var sums = new SortedDictionary<(TimeHolder, string), long>();
        foreach (var p in parts) sums[(p.Holder, p.Department ?? "")] = sums.GetValueOrDefault((p.Holder, p.Department ?? "")) + p.To - p.From;
        return sums;
    }

    // Between two marks nothing changes hands.
    private static List<long> Marks(TicketStory story, long start, long end)
    {
        var marks = new SortedSet<long> { start, end };
        foreach (var pause in story.Pauses) { marks.Add(pause.Stretch.From); marks.Add(pause.Stretch.To); }
        foreach (var dispatch in story.Dispatches.Values)
        {
            marks.Add(dispatch.At);
            marks.Add(EndOf(dispatch));
        }
        // Closed and reopened: the time between belongs to nobody's desk, but it belongs to the ticket.
        return [.. marks.Where(m => m >= start && m <= end)];
    }

    private static long EndOf(DispatchStory dispatch) => Math.Min(dispatch.AnsweredAt ?? long.MaxValue, dispatch.WithdrawnAt ?? long.MaxValue);

    private static void Hold(List<HeldTime> parts, TicketStory story, PolicySet policies, long from, long to)
    {
        if (from >= to) return;
        if (Waiting(story, from) is { } waiting) { Add(parts, new(from, to, waiting, null)); return; }
        var department = DispatchedTo(story, from);
        var calendar = policies.Line.For(policies.CalendarOf(department ?? story.Department), story.CreatedAt, story.ExitAt ?? story.ClosedAt);
        while (from < to)
        {
            var open = Math.Min(to, calendar.NextOpen(from));
            if (open > from) Add(parts, new(from, open, TimeHolder.ClosedHours, department ?? story.Department));
            if (open >= to) return;
            from = Math.Min(to, calendar.ClosingAfter(open));
            Add(parts, new(open, from, department is null ? TimeHolder.ServiceDesk : TimeHolder.Department, department));
        }
    }

    private static void Add(List<HeldTime> parts, HeldTime part)
    {
        if (parts.Count > 0 && parts[^1] is var last && last.To == part.From && last.Holder == part.Holder && last.Department == part.Department) parts[^1] = last with { To = part.To };
        else parts.Add(part);
    }

    private static TimeHolder? Waiting(TicketStory story, long at)
    {
        TimeHolder? holder = null;
        foreach (var (reason, stretch, _) in story.Pauses)
        {
            if (at < stretch.From || at >= stretch.To) continue;
            if (reason is PauseReason.AwaitingCustomer or PauseReason.AgreedDate) return TimeHolder.Customer;
            if (reason is not PauseReason.SystemOutage) holder = TimeHolder.ThirdParty; // an outage is ours
        }
        return holder;
    }

    private static string? DispatchedTo(TicketStory story, long at)
    {
        DispatchStory? last = null;
        foreach (var dispatch in story.Dispatches.Values)
            if (dispatch.At <= at && at < EndOf(dispatch) && (last is null || dispatch.At >= last.At)) last = dispatch;
        return last?.Department;
    }
}
