using NodaTime;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Policies;

/// <summary>Targets for the wall, in percent or counts. (spec: clocks, sla-default)</summary>
public sealed record Targets(int SlaPercent = 90, int FcrPercent = 75, int CallbacksPercent = 95, int DueWithin30 = 25, int RiskBandPoints = 3);

/// <summary>
/// One version of a policy. It holds for clocks that start in [<see cref="FromMs"/>, <see cref="ToMs"/>); with <see cref="AppliesToRunning"/> also for those that
/// are still running when it takes effect.
/// </summary>
/// <param name="Calendar">null: the department's, else that of sla-default</param>
public sealed record Policy(string Id, int Version, BusinessCalendar? Calendar, IReadOnlyList<ClockPolicy> Clocks, Targets Targets)
{
    public const string DefaultId = "sla-default";

    /// <summary>Every other policy stands before this one, which catches what none of them claims.</summary>
    public const int LastPriority = int.MinValue;

    public Condition AppliesWhen { get; init; } = Condition.None;

    /// <summary>Between policies that match as many attributes the higher one wins.</summary>
    public int Priority { get; init; }

    public LocalDate? From { get; init; }

    /// <summary>Inclusive.</summary>
    public LocalDate? To { get; init; }

    /// <summary>From when on it holds, Unix ms: the start of <see cref="From"/> in its zone, or its saving where that is later; the least value for always.</summary>
    public long FromMs { get; init; } = long.MinValue;

    /// <summary>Until when it holds, Unix ms, exclusive: the end of the day <see cref="To"/>; the greatest value for no end.</summary>
    public long ToMs { get; init; } = long.MaxValue;

    public bool AppliesToRunning { get; init; }

    public static readonly Policy SlaDefault = new(DefaultId, 1, BusinessCalendar.Always,
    [
        new("first_response", ClockPer.Ticket, ["ticket.replied", "ticket.progress_replied", "ticket.contacted"],
            [new(15, LimitUnit.Minute), new(1, LimitUnit.Hour), new(4, LimitUnit.Hour), new(1, LimitUnit.BusinessDay)]),
        new("resolution", ClockPer.Ticket, ["ticket.resolved"],
            [new(4, LimitUnit.BusinessHour), new(1, LimitUnit.BusinessDay), new(3, LimitUnit.BusinessDay), new(5, LimitUnit.BusinessDay)])
        {
            PauseOn = [PauseReason.AwaitingCustomer, PauseReason.AwaitingThirdParty], FromDueAt = true,
        },
        new("acknowledge", ClockPer.Ticket, ["ticket.acknowledged"], [new(1, LimitUnit.BusinessDay)]),
        new("department_answer", ClockPer.Dispatch, ["ticket.dispatch_answered"], [new(1, LimitUnit.BusinessDay)])
        {
            Start = ["ticket.dispatched"], FromDueAt = true,
        },
        new("callback", ClockPer.Callback, ["callback.fulfilled"], []) { Start = ["callback.promised"], FromDueAt = true },
    ], new()) { Priority = LastPriority };

    /// <summary>Whether this version holds for a clock that starts at an instant.</summary>
    public bool HoldsAt(long start) => start >= FromMs && start < ToMs;
}

/// <summary>How one queue is judged. (spec: metrics, queues.yaml)</summary>
public sealed record QueuePolicy(string Id, string? DepartmentId, IReadOnlyList<int> ThresholdsS, int ShortAbandonS, long MaxSilenceMs)
{
    private static readonly IReadOnlyList<int> UsualThresholdsS = [20];

    public static QueuePolicy For(string id) => new(id, null, UsualThresholdsS, 5, 14_400_000);
}

/// <summary>Weights of numbers that are a matter of agreement, in hundredths. (spec: metrics, survey, three_rates)</summary>
/// <param name="BasicallySatisfied">what "basically satisfied" counts for: 100, in the 12345 pack 90</param>
/// <param name="EscalationLevel">from which level on a ticket counts as escalated</param>
public sealed record MetricSettings(int BasicallySatisfied = 100, int Response = 10, int Satisfied = 40, int Resolved = 50, int EscalationLevel = 1)
{
    public static readonly MetricSettings Default = new();
}

/// <summary>Everything that judging needs besides history and now.</summary>
/// <param name="Policy">sla-default: its calendar and its targets hold where nothing else says otherwise</param>
public sealed record PolicySet(
    Policy Policy, IReadOnlyDictionary<string, QueuePolicy> Queues, IReadOnlyDictionary<string, BusinessCalendar> DepartmentCalendars, long FcrWindowMs = 168 * 3_600_000L)
{
    public static readonly PolicySet Default = new(
        Policy.SlaDefault, new SortedDictionary<string, QueuePolicy>(StringComparer.Ordinal), new SortedDictionary<string, BusinessCalendar>(StringComparer.Ordinal));

    /// <summary>All policies, sla-default among them.</summary>
    public PolicyBook Book { get; init; } = PolicyBook.Of([Policy]);

    /// <summary>Only a contact about the same issue makes a first contact fail.</summary>
    public bool FcrPerIssue { get; init; }

    public MetricSettings Metrics { get; init; } = MetricSettings.Default;

    /// <summary>What raises alerts beside clocks and callbacks' due times. A folder's or the shipped ones; without any, none.</summary>
    public Rules.RuleSet Rules { get; init; } = OpsMonitor.Grains.Rules.RuleSet.Off;

    /// <summary>Calendars that were replaced while clocks ran by them.</summary>
    public CalendarLine Line { get; init; } = CalendarLine.None;

    public QueuePolicy Queue(string id) => Queues.TryGetValue(id, out var policy) ? policy : QueuePolicy.For(id);

    public BusinessCalendar CalendarOf(string? department) =>
        department is not null && DepartmentCalendars.TryGetValue(department, out var own) ? own : Policy.Calendar ?? BusinessCalendar.Always;

    /// <summary>What a clock counts in: its own calendar; else, in any policy but sla-default, the policy's; else the department's; else that of sla-default.</summary>
    /// <param name="start">of the clock, and its end if it has one, Unix ms: it keeps the calendar with which it started</param>
    public BusinessCalendar CalendarOf(Candidate chosen, string? department, long start, long? ended) =>
        Line.For(Newest(chosen, department), start, ended);

    private BusinessCalendar Newest(Candidate chosen, string? department)
    {
        if (chosen.Clock.Calendar is { } own) return own;
        // The version's own, not the newest one's: it is frozen with the clock.
        if (chosen.Policy.Id != Policy.DefaultId) return chosen.Policy.Calendar ?? CalendarOf(department);
        return department is not null && DepartmentCalendars.TryGetValue(department, out var theirs) ? theirs : chosen.Policy.Calendar ?? BusinessCalendar.Always;
    }
}
