using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary><c>contact.initiated</c></summary>
public sealed record ContactInitiated(Channel Channel, Direction Direction, string? CustomerRef = null, string? EntryPoint = null, string? Language = null, string? IssueKey = null) : EventData;

/// <summary><c>contact.queued</c></summary>
public sealed record ContactQueued(string QueueId, string? DepartmentId = null, string? Skill = null, int? Priority = null, bool? Requeue = null) : EventData;

/// <summary><c>contact.offered</c></summary>
public sealed record ContactOffered(string AgentId, string? QueueId = null) : EventData;

/// <summary><c>contact.offer_missed</c></summary>
public sealed record ContactOfferMissed(string AgentId, string? QueueId = null, decimal? RingS = null, string? Reason = null) : EventData;

/// <summary><c>contact.answered</c></summary>
public sealed record ContactAnswered(string AgentId, string? QueueId = null, decimal? WaitS = null) : EventData;

/// <summary><c>contact.held</c></summary>
public sealed record ContactHeld(string? AgentId = null) : EventData;

/// <summary><c>contact.resumed</c></summary>
public sealed record ContactResumed(string? AgentId = null) : EventData;

/// <summary><c>contact.transferred</c></summary>
public sealed record ContactTransferred(TransferMode Mode, string To, string? FromAgent = null, string? QueueId = null) : EventData;

/// <summary><c>contact.dequeued</c></summary>
public sealed record ContactDequeued(string QueueId, DequeueReason Reason, string? CallbackId = null) : EventData;

/// <summary><c>contact.refused</c></summary>
public sealed record ContactRefused(string QueueId, RefusalReason Reason) : EventData;

/// <summary><c>contact.abandoned</c></summary>
public sealed record ContactAbandoned(AbandonStage Stage, string? QueueId = null, decimal? WaitS = null, int? Position = null) : EventData;

/// <summary><c>contact.disconnected</c></summary>
public sealed record ContactDisconnected(DisconnectedBy By, decimal? TalkS = null, decimal? HoldS = null, string? Cause = null, bool? Critical = null) : EventData;

/// <summary><c>contact.wrapup_completed</c></summary>
public sealed record ContactWrapupCompleted(string AgentId, decimal? AcwS = null, string? Disposition = null, bool? Resolved = null, string? IssueKey = null, string? TicketId = null) : EventData;

/// <summary><c>contact.linked</c></summary>
public sealed record ContactLinked(string TicketId, string? Relation = null) : EventData;

/// <summary><c>contact.evaluated</c></summary>
public sealed record ContactEvaluated(decimal Score, string? Form = null, bool? CriticalFail = null, JsonElement? Steps = null) : EventData;

/// <summary><c>agent.state_changed</c></summary>
public sealed record AgentStateChanged(AgentState State, string? DepartmentId = null, IReadOnlyList<string>? Queues = null, string? Reason = null) : EventData;
