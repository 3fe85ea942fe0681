namespace OpsMonitor.Grains.Events;

/// <summary>Every event type of the vocabulary: wire name to record. An unknown name is stored and counted, never refused.</summary>
public static class EventTypes
{
    public static readonly IReadOnlyDictionary<string, Type> All = new SortedDictionary<string, Type>(StringComparer.Ordinal)
    {
        ["contact.initiated"] = typeof(ContactInitiated),
        ["contact.queued"] = typeof(ContactQueued),
        ["contact.offered"] = typeof(ContactOffered),
        ["contact.offer_missed"] = typeof(ContactOfferMissed),
        ["contact.answered"] = typeof(ContactAnswered),
        ["contact.held"] = typeof(ContactHeld),
        ["contact.resumed"] = typeof(ContactResumed),
        ["contact.transferred"] = typeof(ContactTransferred),
        ["contact.dequeued"] = typeof(ContactDequeued),
        ["contact.refused"] = typeof(ContactRefused),
        ["contact.abandoned"] = typeof(ContactAbandoned),
        ["contact.disconnected"] = typeof(ContactDisconnected),
        ["contact.wrapup_completed"] = typeof(ContactWrapupCompleted),
        ["contact.linked"] = typeof(ContactLinked),
        ["contact.evaluated"] = typeof(ContactEvaluated),
        ["agent.state_changed"] = typeof(AgentStateChanged),
        ["ticket.created"] = typeof(TicketCreated),
        ["ticket.acknowledged"] = typeof(TicketAcknowledged),
        ["ticket.declined"] = typeof(TicketDeclined),
        ["ticket.classified"] = typeof(TicketClassified),
        ["ticket.assigned"] = typeof(TicketAssigned),
        ["ticket.contacted"] = typeof(TicketContacted),
        ["ticket.dispatched"] = typeof(TicketDispatched),
        ["ticket.dispatch_accepted"] = typeof(TicketDispatchAccepted),
        ["ticket.dispatch_returned"] = typeof(TicketDispatchReturned),
        ["ticket.dispatch_recalled"] = typeof(TicketDispatchRecalled),
        ["ticket.objection_decided"] = typeof(TicketObjectionDecided),
        ["ticket.dispatch_answered"] = typeof(TicketDispatchAnswered),
        ["ticket.dispatch_reviewed"] = typeof(TicketDispatchReviewed),
        ["ticket.clock_paused"] = typeof(TicketClockPaused),
        ["ticket.clock_resumed"] = typeof(TicketClockResumed),
        ["ticket.extension_granted"] = typeof(TicketExtensionGranted),
        ["ticket.progress_replied"] = typeof(TicketProgressReplied),
        ["ticket.expedited"] = typeof(TicketExpedited),
        ["ticket.supervised"] = typeof(TicketSupervised),
        ["ticket.escalated"] = typeof(TicketEscalated),
        ["ticket.deescalated"] = typeof(TicketDeescalated),
        ["ticket.consultation_opened"] = typeof(TicketConsultationOpened),
        ["ticket.consultation_concluded"] = typeof(TicketConsultationConcluded),
        ["ticket.redress_recorded"] = typeof(TicketRedressRecorded),
        ["ticket.resolved"] = typeof(TicketResolved),
        ["ticket.replied"] = typeof(TicketReplied),
        ["ticket.closed"] = typeof(TicketClosed),
        ["ticket.reopened"] = typeof(TicketReopened),
        ["ticket.withdrawn"] = typeof(TicketWithdrawn),
        ["ticket.voided"] = typeof(TicketVoided),
        ["ticket.merged"] = typeof(TicketMerged),
        ["ticket.linked"] = typeof(TicketLinked),
        ["ticket.referred_external"] = typeof(TicketReferredExternal),
        ["callback.promised"] = typeof(CallbackPromised),
        ["callback.rescheduled"] = typeof(CallbackRescheduled),
        ["callback.attempted"] = typeof(CallbackAttempted),
        ["callback.fulfilled"] = typeof(CallbackFulfilled),
        ["callback.cancelled"] = typeof(CallbackCancelled),
        ["callback.exhausted"] = typeof(CallbackExhausted),
        ["survey.sent"] = typeof(SurveySent),
        ["survey.responded"] = typeof(SurveyResponded),
        ["survey.excluded"] = typeof(SurveyExcluded),
        ["accountability.opened"] = typeof(AccountabilityOpened),
        ["accountability.found"] = typeof(AccountabilityFound),
        ["accountability.closed"] = typeof(AccountabilityClosed),
        ["improvement.opened"] = typeof(ImprovementOpened),
        ["improvement.closed"] = typeof(ImprovementClosed),
        ["improvement.verified"] = typeof(ImprovementVerified),
        ["watch.opened"] = typeof(WatchOpened),
        ["watch.closed"] = typeof(WatchClosed),
        ["alert.acknowledged"] = typeof(AlertAcknowledged),
        ["alert.shelved"] = typeof(AlertShelved),
        ["alert.released"] = typeof(AlertReleased),
        ["silence.opened"] = typeof(SilenceOpened),
        ["silence.ended"] = typeof(SilenceEnded),
        ["source.alarm_raised"] = typeof(SourceAlarmRaised),
        ["source.alarm_cleared"] = typeof(SourceAlarmCleared),
        ["source.heartbeat"] = typeof(SourceHeartbeat),
    };

    private static readonly SortedDictionary<string, string> Names = Same();

    /// <summary>One text for all events of a type: millions of them are held.</summary>
    internal static string Interned(string type) => Names.GetValueOrDefault(type, type);

    private static SortedDictionary<string, string> Same()
    {
        var names = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in All.Keys) names.Add(name, name);
        return names;
    }
}
