using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Policies;

public enum LimitUnit { Second, Minute, Hour, BusinessMinute, BusinessHour, CalendarDay, BusinessDay, Week }

/// <summary>How long a clock may run.</summary>
public readonly record struct Limit(long Value, LimitUnit Unit)
{
    /// <summary>The due instant of a clock that starts at <paramref name="start"/> and is never paused. Business units ask the calendar.</summary>
    public long DueFrom(long start, BusinessCalendar calendar) => Unit switch
    {
        LimitUnit.BusinessDay => calendar.AddDays(start, (int)Value),
        LimitUnit.BusinessHour or LimitUnit.BusinessMinute => calendar.Add(start, Ms),
        _ => start + Ms,
    };

    /// <summary>Nominal length in milliseconds; a day is 24 hours.</summary>
    public long Ms => Value * Unit switch
    {
        LimitUnit.Second => 1_000,
        LimitUnit.Minute or LimitUnit.BusinessMinute => 60_000,
        LimitUnit.Hour or LimitUnit.BusinessHour => 3_600_000,
        LimitUnit.Week => 7 * 86_400_000L,
        _ => 86_400_000,
    };

    public bool InBusinessTime => Unit is LimitUnit.BusinessMinute or LimitUnit.BusinessHour or LimitUnit.BusinessDay;
}

public enum ClockPer { Ticket, Dispatch, Callback }

/// <summary>
/// One promise: from <see cref="Start"/> to the first of <see cref="Stop"/> (event types), within the limit of the ticket's priority
/// (1 to 4). <see cref="WarnPercent"/> of the limit raises yellow, the whole of it red. A clock that came from another policy than the
/// one it stands in keeps that policy's id and version; a calendar of its own wins over the department's.
/// </summary>
public sealed record ClockPolicy(
    string Id,
    ClockPer Per,
    IReadOnlyList<string> Stop,
    IReadOnlyList<Limit> LimitByPriority,
    IReadOnlyList<PauseReason> PauseOn,
    int WarnPercent = 75,
    string? PolicyId = null,
    int? PolicyVersion = null,
    BusinessCalendar? Calendar = null)
{
    public Limit LimitFor(int priority) => LimitByPriority[Math.Clamp(priority, 1, LimitByPriority.Count) - 1];
}

/// <summary>Targets for the wall, in percent or counts. (spec: clocks, sla-default)</summary>
public sealed record Targets(int SlaPercent = 90, int FcrPercent = 75, int CallbacksPercent = 95, int DueWithin30 = 25, int RiskBandPoints = 3);

public sealed record Policy(string Id, int Version, BusinessCalendar Calendar, IReadOnlyList<ClockPolicy> Clocks, Targets Targets)
{
    /// <summary>Missing priority counts as this. (spec: clocks, sla-default)</summary>
    public const int DefaultPriority = 3;

    public static readonly Policy SlaDefault = new("sla-default", 1, BusinessCalendar.Always,
    [
        new("first_response", ClockPer.Ticket, ["ticket.replied", "ticket.progress_replied", "ticket.contacted"],
            [new(15, LimitUnit.Minute), new(1, LimitUnit.Hour), new(4, LimitUnit.Hour), new(1, LimitUnit.BusinessDay)], []),
        new("resolution", ClockPer.Ticket, ["ticket.resolved"],
            [new(4, LimitUnit.BusinessHour), new(1, LimitUnit.BusinessDay), new(3, LimitUnit.BusinessDay), new(5, LimitUnit.BusinessDay)],
            [PauseReason.AwaitingCustomer, PauseReason.AwaitingThirdParty]),
        new("acknowledge", ClockPer.Ticket, ["ticket.acknowledged"], [new(1, LimitUnit.BusinessDay)], []),
        new("department_answer", ClockPer.Dispatch, ["ticket.dispatch_answered"], [new(1, LimitUnit.BusinessDay)], []),
    ], new());
}

/// <summary>How one queue is judged. (spec: metrics, queues.yaml)</summary>
public sealed record QueuePolicy(string Id, string? DepartmentId, IReadOnlyList<int> ThresholdsS, int ShortAbandonS, long MaxSilenceMs)
{
    public static QueuePolicy For(string id) => new(id, null, [20], 5, 14_400_000);
}

/// <summary>Everything that judging needs besides history and now.</summary>
public sealed record PolicySet(
    Policy Policy, IReadOnlyDictionary<string, QueuePolicy> Queues, IReadOnlyDictionary<string, BusinessCalendar> DepartmentCalendars, long FcrWindowMs = 168 * 3_600_000L)
{
    public static readonly PolicySet Default = new(
        Policy.SlaDefault, new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal), new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal));

    public QueuePolicy Queue(string id) => Queues.TryGetValue(id, out var policy) ? policy : QueuePolicy.For(id);

    public BusinessCalendar CalendarOf(string? department) =>
        department is not null && DepartmentCalendars.TryGetValue(department, out var own) ? own : Policy.Calendar;

    /// <summary>What a clock counts in: its own calendar, else the department's, else the policy's.</summary>
    public BusinessCalendar CalendarOf(ClockPolicy clock, string? department) => clock.Calendar ?? CalendarOf(department);
}
