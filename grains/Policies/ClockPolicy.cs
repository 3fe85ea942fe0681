using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Calendars;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Policies;

public enum ClockPer { Ticket, Dispatch, Callback }

/// <summary>What becomes of a clock when its ticket is reopened. (spec: clocks)</summary>
public enum OnReopen { Resume, Restart, Keep }

public enum ExtendMode { Replace, Add }

/// <summary>
/// What an event of type <see cref="On"/> does to the limit: replaces it, or adds to it. <see cref="To"/> stands in where the event says nothing.
/// <see cref="Max"/> bounds the new limit from the start (replace), or all that is added (add).
/// </summary>
public sealed record Extension(string On, ExtendMode Mode, Limit? To, Limit? Max)
{
    public static readonly Extension Default = new("ticket.extension_granted", ExtendMode.Replace, null, null);
}

/// <summary>A warning at a share of the limit (1 to 99) or so long before the due time.</summary>
public sealed record Warning(int? Percent, Limit? Before, AlertLevel Level)
{
    public static readonly Warning Default = new(75, null, AlertLevel.Yellow);
}

/// <summary>Who is told so long after the breach. (spec: alerts, Ladder)</summary>
public sealed record EscalationStep(Limit After, string To);

/// <summary>
/// One promise: from <see cref="Start"/> to the first of <see cref="Stop"/> (event types), within the limit: one, or four for priority 1 to 4.
/// No limit at all means the due time that the subject itself names, or none.
/// </summary>
public sealed record ClockPolicy(string Id, ClockPer Per, IReadOnlyList<string> Stop, IReadOnlyList<Limit> LimitByPriority)
{
    public IReadOnlyList<string> Start { get; init; } = ["ticket.created"];

    /// <summary>Beside the policy's own conditions.</summary>
    public Condition When { get; init; } = Condition.None;

    /// <summary>Wins over the policy's and the department's.</summary>
    public BusinessCalendar? Calendar { get; init; }

    public Counting Counting { get; init; }

    /// <summary>Minutes of the local day; a later start counts from the opening of the next business day.</summary>
    public int? CutOff { get; init; }

    public IReadOnlyList<PauseReason> PauseOn { get; init; } = [];

    public bool PauseInResolved { get; init; }

    public bool PauseInClosed { get; init; }

    public Extension Extend { get; init; } = Extension.Default;

    public IReadOnlyList<Warning> Warn { get; init; } = [Warning.Default];

    public AlertLevel Breach { get; init; } = AlertLevel.Red;

    public IReadOnlyList<EscalationStep> Escalate { get; init; } = [];

    /// <summary>Event types that begin a new round once the last one is over.</summary>
    public IReadOnlyList<string> Restart { get; init; } = [];

    public OnReopen OnReopen { get; init; }

    /// <summary>The due time that the dispatch, the callback or the ticket itself names wins over the limit.</summary>
    public bool FromDueAt { get; init; }

    public Limit? LimitFor(int priority) => LimitByPriority.Count == 0 ? null : LimitByPriority[Math.Clamp(priority, 1, LimitByPriority.Count) - 1];

    public bool StopsOnResolved
    {
        get
        {
            foreach (var type in Stop)
                if (type == "ticket.resolved") return true;
            return false;
        }
    }
}
