using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary><c>ticket.created</c></summary>
public sealed record TicketCreated(TicketKind Kind, Channel Channel, string? ReceivedAt = null, string? DepartmentId = null, string? Category = null, string? Severity = null, int? Priority = null, string? CustomerRef = null, string? CustomerTier = null, string? IssueKey = null, string? Product = null, string? OriginContactId = null, string? Jurisdiction = null, IReadOnlyList<string>? PolicyIds = null, IReadOnlyList<string>? RiskFlags = null, string? DueAt = null) : EventData;

/// <summary><c>ticket.acknowledged</c></summary>
public sealed record TicketAcknowledged(string Method) : EventData;

/// <summary><c>ticket.declined</c></summary>
public sealed record TicketDeclined(string Reason) : EventData;

/// <summary><c>ticket.classified</c></summary>
public sealed record TicketClassified(string Category, string? Severity = null, int? Priority = null, string? CustomerTier = null, string? IssueKey = null, IReadOnlyList<string>? RiskFlags = null, string? DepartmentId = null) : EventData;

/// <summary><c>ticket.assigned</c></summary>
public sealed record TicketAssigned(string Assignee, string? Role = null) : EventData;

/// <summary><c>ticket.contacted</c></summary>
public sealed record TicketContacted(string Method, string Outcome) : EventData;

/// <summary><c>ticket.dispatched</c></summary>
public sealed record TicketDispatched(string DispatchId, string DepartmentId, DispatchRole Role, string? DueAt = null, string? Reason = null) : EventData;

/// <summary><c>ticket.dispatch_accepted</c></summary>
public sealed record TicketDispatchAccepted(string DispatchId) : EventData;

/// <summary><c>ticket.dispatch_returned</c></summary>
public sealed record TicketDispatchReturned(string DispatchId, string ReasonCode, string? Objection = null) : EventData;

/// <summary><c>ticket.dispatch_recalled</c></summary>
public sealed record TicketDispatchRecalled(string DispatchId, string? Reason = null) : EventData;

/// <summary><c>ticket.objection_decided</c></summary>
public sealed record TicketObjectionDecided(string DispatchId, ObjectionOutcome Outcome) : EventData;

/// <summary><c>ticket.dispatch_answered</c></summary>
public sealed record TicketDispatchAnswered(string DispatchId, string? Result = null, string? RootCause = null) : EventData;

/// <summary><c>ticket.dispatch_reviewed</c></summary>
public sealed record TicketDispatchReviewed(string DispatchId, ReviewOutcome Outcome, int? Rating = null) : EventData;

/// <summary><c>ticket.clock_paused</c></summary>
public sealed record TicketClockPaused(PauseReason Reason, IReadOnlyList<string>? ClockIds = null, string? Until = null) : EventData;

/// <summary><c>ticket.clock_resumed</c></summary>
public sealed record TicketClockResumed(PauseReason Reason, IReadOnlyList<string>? ClockIds = null, string? Until = null) : EventData;

/// <summary><c>ticket.extension_granted</c></summary>
public sealed record TicketExtensionGranted(string ClockId, string Approver, string? DueAt = null, JsonElement? Limit = null, string? Reason = null, bool? CustomerInformed = null) : EventData;

/// <summary><c>ticket.progress_replied</c></summary>
public sealed record TicketProgressReplied(string Method, string? NextUpdateAt = null) : EventData;

/// <summary><c>ticket.expedited</c></summary>
public sealed record TicketExpedited(string By, int? Level = null) : EventData;

/// <summary><c>ticket.supervised</c></summary>
public sealed record TicketSupervised(string By, int? Level = null) : EventData;

/// <summary><c>ticket.escalated</c></summary>
public sealed record TicketEscalated(int ToLevel, EscalationTrigger Trigger, string? Reason = null) : EventData;

/// <summary><c>ticket.deescalated</c></summary>
public sealed record TicketDeescalated(int ToLevel, EscalationTrigger Trigger, string? Reason = null) : EventData;

/// <summary><c>ticket.consultation_opened</c></summary>
public sealed record TicketConsultationOpened(string ConsultationId, IReadOnlyList<string> Departments, string? Lead = null, string? Outcome = null) : EventData;

/// <summary><c>ticket.consultation_concluded</c></summary>
public sealed record TicketConsultationConcluded(string ConsultationId, IReadOnlyList<string> Departments, string? Lead = null, string? Outcome = null) : EventData;

/// <summary><c>ticket.redress_recorded</c></summary>
public sealed record TicketRedressRecorded(RedressKind Kind, decimal? Amount = null, string? Currency = null, string? AuthorityLevel = null, bool? WithinAuthority = null) : EventData;

/// <summary><c>ticket.resolved</c></summary>
public sealed record TicketResolved(string ResolutionCode, bool? OnTheSpot = null, string? RootCause = null, string? ResponsibleDepartment = null) : EventData;

/// <summary><c>ticket.replied</c></summary>
public sealed record TicketReplied(string Method, bool? Final = null) : EventData;

/// <summary><c>ticket.closed</c></summary>
public sealed record TicketClosed(string ClosureCode, bool? CustomerAccepted = null) : EventData;

/// <summary><c>ticket.reopened</c></summary>
public sealed record TicketReopened(string Reason, string? By = null) : EventData;

/// <summary><c>ticket.withdrawn</c></summary>
public sealed record TicketWithdrawn(string Reason) : EventData;

/// <summary><c>ticket.voided</c></summary>
public sealed record TicketVoided(string Reason) : EventData;

/// <summary><c>ticket.merged</c></summary>
public sealed record TicketMerged(string IntoTicketId) : EventData;

/// <summary><c>ticket.linked</c></summary>
public sealed record TicketLinked(string TicketId, LinkRelation Relation) : EventData;

/// <summary><c>ticket.referred_external</c></summary>
public sealed record TicketReferredExternal(string Body, ReferralDirection Direction, string? Reference = null) : EventData;
