using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpsMonitor.Grains.Events;

/// <summary>Source-generated readers of every record of the vocabulary; strict on what is required, silent on what is unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 32,
    Converters = [
        typeof(Closed<Channel>),
        typeof(Closed<Direction>),
        typeof(Closed<TransferMode>),
        typeof(Closed<DequeueReason>),
        typeof(Closed<RefusalReason>),
        typeof(Closed<AbandonStage>),
        typeof(Closed<DisconnectedBy>),
        typeof(Closed<AgentState>),
        typeof(Closed<TicketKind>),
        typeof(Closed<DispatchRole>),
        typeof(Closed<ObjectionOutcome>),
        typeof(Closed<ReviewOutcome>),
        typeof(Closed<PauseReason>),
        typeof(Closed<EscalationTrigger>),
        typeof(Closed<RedressKind>),
        typeof(Closed<LinkRelation>),
        typeof(Closed<ReferralDirection>),
        typeof(Closed<CallbackKind>),
        typeof(Closed<RescheduledBy>),
        typeof(Closed<AttemptOutcome>),
        typeof(Closed<SurveyResolved>),
        typeof(Closed<OwnRule>),
    ])]
[JsonSerializable(typeof(ContactInitiated))]
[JsonSerializable(typeof(ContactQueued))]
[JsonSerializable(typeof(ContactOffered))]
[JsonSerializable(typeof(ContactOfferMissed))]
[JsonSerializable(typeof(ContactAnswered))]
[JsonSerializable(typeof(ContactHeld))]
[JsonSerializable(typeof(ContactResumed))]
[JsonSerializable(typeof(ContactTransferred))]
[JsonSerializable(typeof(ContactDequeued))]
[JsonSerializable(typeof(ContactRefused))]
[JsonSerializable(typeof(ContactAbandoned))]
[JsonSerializable(typeof(ContactDisconnected))]
[JsonSerializable(typeof(ContactWrapupCompleted))]
[JsonSerializable(typeof(ContactLinked))]
[JsonSerializable(typeof(ContactEvaluated))]
[JsonSerializable(typeof(AgentStateChanged))]
[JsonSerializable(typeof(TicketCreated))]
[JsonSerializable(typeof(TicketAcknowledged))]
[JsonSerializable(typeof(TicketDeclined))]
[JsonSerializable(typeof(TicketClassified))]
[JsonSerializable(typeof(TicketAssigned))]
[JsonSerializable(typeof(TicketContacted))]
[JsonSerializable(typeof(TicketDispatched))]
[JsonSerializable(typeof(TicketDispatchAccepted))]
[JsonSerializable(typeof(TicketDispatchReturned))]
[JsonSerializable(typeof(TicketDispatchRecalled))]
[JsonSerializable(typeof(TicketObjectionDecided))]
[JsonSerializable(typeof(TicketDispatchAnswered))]
[JsonSerializable(typeof(TicketDispatchReviewed))]
[JsonSerializable(typeof(TicketClockPaused))]
[JsonSerializable(typeof(TicketClockResumed))]
[JsonSerializable(typeof(TicketExtensionGranted))]
[JsonSerializable(typeof(TicketProgressReplied))]
[JsonSerializable(typeof(TicketExpedited))]
[JsonSerializable(typeof(TicketSupervised))]
[JsonSerializable(typeof(TicketEscalated))]
[JsonSerializable(typeof(TicketDeescalated))]
[JsonSerializable(typeof(TicketConsultationOpened))]
[JsonSerializable(typeof(TicketConsultationConcluded))]
[JsonSerializable(typeof(TicketRedressRecorded))]
[JsonSerializable(typeof(TicketResolved))]
[JsonSerializable(typeof(TicketReplied))]
[JsonSerializable(typeof(TicketClosed))]
[JsonSerializable(typeof(TicketReopened))]
[JsonSerializable(typeof(TicketWithdrawn))]
[JsonSerializable(typeof(TicketVoided))]
[JsonSerializable(typeof(TicketMerged))]
[JsonSerializable(typeof(TicketLinked))]
[JsonSerializable(typeof(TicketReferredExternal))]
[JsonSerializable(typeof(CallbackPromised))]
[JsonSerializable(typeof(CallbackRescheduled))]
[JsonSerializable(typeof(CallbackAttempted))]
[JsonSerializable(typeof(CallbackFulfilled))]
[JsonSerializable(typeof(CallbackCancelled))]
[JsonSerializable(typeof(CallbackExhausted))]
[JsonSerializable(typeof(SurveySent))]
[JsonSerializable(typeof(SurveyResponded))]
[JsonSerializable(typeof(SurveyExcluded))]
[JsonSerializable(typeof(AccountabilityOpened))]
[JsonSerializable(typeof(AccountabilityFound))]
[JsonSerializable(typeof(AccountabilityClosed))]
[JsonSerializable(typeof(ImprovementOpened))]
[JsonSerializable(typeof(ImprovementClosed))]
[JsonSerializable(typeof(ImprovementVerified))]
[JsonSerializable(typeof(WatchOpened))]
[JsonSerializable(typeof(WatchClosed))]
[JsonSerializable(typeof(AlertAcknowledged))]
[JsonSerializable(typeof(AlertShelved))]
[JsonSerializable(typeof(AlertReleased))]
[JsonSerializable(typeof(SilenceOpened))]
[JsonSerializable(typeof(SilenceEnded))]
[JsonSerializable(typeof(SourceAlarmRaised))]
[JsonSerializable(typeof(SourceAlarmCleared))]
[JsonSerializable(typeof(SourceHeartbeat))]
public sealed partial class EventJson : JsonSerializerContext;

/// <summary>A closed list as snake_case text; numbers are not accepted.</summary>
public sealed class Closed<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
