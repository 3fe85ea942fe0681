using OpsMonitor.Grains.Accountability;
using OpsMonitor.Grains.Agents;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Callbacks;
using OpsMonitor.Grains.Contacts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Tickets;

namespace OpsMonitor.Grains.Turns;

/// <summary>What every host asks of one subject's events, and nothing of how it keeps them.</summary>
public static class SubjectRules
{
    /// <summary>How far ahead of the server an event's time may be, and how far behind, in ms. (spec: events)</summary>
    public const long FutureMs = 5 * 60_000, HorizonMs = 30 * 86_400_000L;

    /// <summary>Null where the event's time is acceptable; back-fill takes any age, but no future.</summary>
    public static Verdict? Acceptable(Event e, long now, bool backfill) =>
        e.At > now + FutureMs ? Verdict.TimeInFuture : !backfill && e.At < now - HorizonMs ? Verdict.TooOld : null;

    /// <summary>Whether the event belongs to a history that has a row; others are kept and counted only.</summary>
    /// <remarks>A survey's events have none of their own, but belong to their tickets' histories as well: <see cref="Surveys.SurveyLinks"/>.</remarks>
    public static bool HasRow(Event e) =>
        e.Data is not (null or AlertDeed or SilenceDeed)
        && (e.Subject.Kind is not (SubjectKind.Other or SubjectKind.Source or SubjectKind.Survey or SubjectKind.Rule) || IsOwnAlarm(e));

    // A source has no row, but alerts.
    private static bool IsOwnAlarm(Event e) => e is { Subject.Kind: SubjectKind.Source, Data: SourceAlarm };

    /// <param name="history">in its one order</param>
    public static Evaluation Evaluate(Subject subject, IReadOnlyList<Event> history, PolicySet policies, long now) => subject.Kind switch
    {
        SubjectKind.Ticket => TicketRules.Evaluate(subject, history, policies, now),
        SubjectKind.Contact => ContactRules.Evaluate(subject, history, policies, now),
        SubjectKind.Callback => CallbackRules.Evaluate(subject, history, policies, now),
        SubjectKind.Source => OwnWatch.Evaluate(subject, history),
        SubjectKind.Agent => AgentRules.Evaluate(subject, AgentStory.Of(null, history, at => at <= now).Carry.Whole, now),
        SubjectKind.Accountability or SubjectKind.Improvement => CaseRules.Evaluate(subject, history, now),
        _ => Evaluation.Empty,
    };
}
