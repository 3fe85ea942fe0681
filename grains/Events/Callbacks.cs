namespace OpsMonitor.Grains.Events;

/// <summary><c>callback.promised</c></summary>
public sealed record CallbackPromised(CallbackKind Kind, string? DueAt = null, string? WindowStart = null, string? WindowEnd = null, string? TicketId = null, string? ContactId = null, string? CustomerRef = null, string? DepartmentId = null, string? OwnerId = null, int? Priority = null) : EventData;

/// <summary><c>callback.rescheduled</c></summary>
public sealed record CallbackRescheduled(RescheduledBy By, string? DueAt = null, string? WindowStart = null, string? WindowEnd = null) : EventData;

/// <summary><c>callback.attempted</c></summary>
public sealed record CallbackAttempted(int Attempt, AttemptOutcome Outcome, string? StartedAt = null, string? AgentId = null, string? ContactId = null) : EventData;

/// <summary><c>callback.fulfilled</c></summary>
public sealed record CallbackFulfilled(int? Attempt = null, string? ContactId = null) : EventData;

/// <summary><c>callback.cancelled</c></summary>
public sealed record CallbackCancelled(string Reason) : EventData;

/// <summary><c>callback.exhausted</c></summary>
public sealed record CallbackExhausted(int Attempts, string? Fallback = null) : EventData;
