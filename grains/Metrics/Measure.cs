namespace OpsMonitor.Grains.Metrics;

/// <summary>
/// The quantities that are added up. Every number on a board is a function of these sums and nothing else.
/// Times are milliseconds; counts are integers. What each rate makes of them: <see cref="Formulas"/>.
/// </summary>
public enum Measure
{
    // Queue entries; bucket = the queue entry. Param: threshold in seconds where named "Within".
    Offered, Refused, Answered, Abandoned, FlowOut, ShortAbandoned, Lost, WaitMs, AnswerWaitMs,
    AnsweredWithin, AbandonedWithin, ShortAbandonedWithin, CallbackWithin, WaitingPast,
    WaitingPastFirst, // the queue's first threshold, for the rates that name none
    Handled, HandleMs, Transferred, OffersMade, OffersMissed, ClaimedResolved,

    // First-contact resolution; bucket = the contact, mature ones = the window's close.
    FcrEligible, FcrKept, FcrMature, FcrMatureKept, FcrUnidentified, FcrOpen, FcrOpenSinceS,

    // Tickets; bucket = the instant at which it happened. Deltas sum to a level. ReopenedTickets: the closing that was undone within 30 days.
    Created, Complaints, Resolved, Closed, ClosedOnTime, Reopened, ReopenedTickets, OpenDelta, UnresolvedDelta, OnTheSpot,
    HeldMs, // of tickets that ended; param: who had it

    // Clocks; bucket = the due instant. Param: clock id.
    ClockDue, ClockMet,

    // Callbacks; bucket = the due instant.
    CallbackDue, CallbackPunctual, CallbackKept, CallbackFulfilled, CallbackMissed, CallbackUnreachable, CallbackLate, CallbackLateMs,
    CallbackAttempts,

    // Samples (one value each, for mean and percentiles); bucket = the last resolve.
    ResolutionMs, ResolutionWallMs,

    // Members: who is in this state now; the instant orders them.
    Waiting, ClockRunning, ClockAtRisk, ClockBreachedOpen, CallbackPending, CallbackOverdue, AgentIn,

    // From here on in the order in which they came to be: nodes of two versions tell each other the numbers of these names.
    // Queue entries again: why it flowed out (param: reason); samples of the times whose sums stand above.
    FlowOutBy, AbandonWait, AnswerWait, HandleTime,

    // One agent's work, param: agent; bucket = the answer.
    AgentAnswered, AgentHandled, AgentTalkMs, AgentAcwMs,

    // Time in a state as the two ends of each stretch, param: state/agent. Time up to t = Delta * t - At. The queue's own ones count in its scope alone.
    AgentDelta, AgentAt, QueueAgentDelta, QueueAgentAt,

    // Members: tickets that are open, by their creation.
    TicketOpen,

    // Callbacks; a sample of how late the first attempt was.
    CallbackLateTime,

    // Dispatches; bucket = the dispatch, of due ones the due instant, of ratings the review. The department is the one dispatched to.
    Dispatched, DispatchReturned, DispatchDue, DispatchInTime, AcceptDue, AcceptInTime, RatingSum, Rated,

    // Tickets; bucket = the creation, of PingPong the return to a department that had it before, of TicketFirstTime the closing, of Chased the contact, of OpenedAgain the reopening of a closed one.
    Hops, PingPong, OpenedAgain, Escalated, RepeatComplaint, TicketFirstTime, Chased, IssueTickets,

    // Surveys; bucket = the first event of the survey, of Due and Covered the closing.
    SurveyDue, SurveyCovered, SurveyAttempted, SurveyValid, SurveyContacted, SurveySatisfied, SurveyBasic, SurveyResolved,

    // Redress; bucket = when it was recorded. Param: kind/authority level, for amounts /currency as well; amounts in thousandths.
    RedressCount, RedressAmount, RedressOverAuthority,

    // What ISO 10002 asks to be counted and nothing above counts; param: what.
    Iso,

    // For the rules: complaints by issue, by their creation; more or fewer who wait too long, at that instant.
    IssueComplaint, LongWaitDelta,

    // Tickets by the root cause that was found; bucket = the creation.
    RootCauseTickets,
}

/// <summary>A measure with its parameter (a threshold, a clock id, an agent state), "" where it has none.</summary>
public readonly record struct MeasureKey(Measure Measure, string Param = "") : IComparable<MeasureKey>
{
    public int CompareTo(MeasureKey other) =>
        Measure != other.Measure ? Measure.CompareTo(other.Measure) : string.CompareOrdinal(Param, other.Param);
}

public enum ContributionKind { Point, Sample, Member }

/// <summary>
/// What one subject adds to the sums of its queue, its department and everything: a point (amount in a bucket), a sample (one value in a
/// bucket), or membership of an ordered set (ordered by <see cref="At"/>). Taking it off again is exact. (design: rule 6)
/// </summary>
public readonly record struct Contribution(ContributionKind Kind, MeasureKey Key, string? Queue, string? Department, long At, long Amount);

/// <summary>A part of a whole that knows when the whole is empty: then it is no data, never 0 or 100.</summary>
public readonly record struct Ratio(long Num, long N)
{
    /// <summary>To six places; null for no data.</summary>
    public decimal? Value => N == 0 ? null : Math.Round((decimal)Num / N, 6, MidpointRounding.ToEven);
}
