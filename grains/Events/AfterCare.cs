using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary><c>survey.sent</c></summary>
public sealed record SurveySent(string Target, string Method) : EventData;

/// <summary><c>survey.responded</c></summary>
public sealed record SurveyResponded(bool Valid, string? Target = null, bool? Contacted = null, SurveyResolved? Resolved = null, JsonElement? Satisfaction = null, JsonElement? Dims = null) : EventData;

/// <summary><c>survey.excluded</c></summary>
public sealed record SurveyExcluded(string Reason, string? Target = null) : EventData;

/// <summary><c>accountability.opened</c></summary>
public sealed record AccountabilityOpened(string DepartmentId, IReadOnlyList<string>? TicketIds = null, string? ClusterId = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>accountability.found</c></summary>
public sealed record AccountabilityFound(string DepartmentId, IReadOnlyList<string>? TicketIds = null, string? ClusterId = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>accountability.closed</c></summary>
public sealed record AccountabilityClosed(string DepartmentId, IReadOnlyList<string>? TicketIds = null, string? ClusterId = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>improvement.opened</c></summary>
public sealed record ImprovementOpened(string Owner, string? DepartmentId = null, IReadOnlyList<string>? TicketIds = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>improvement.closed</c></summary>
public sealed record ImprovementClosed(string Owner, string? DepartmentId = null, IReadOnlyList<string>? TicketIds = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>improvement.verified</c></summary>
public sealed record ImprovementVerified(string Owner, string? DepartmentId = null, IReadOnlyList<string>? TicketIds = null, string? RootCause = null, string? Measure = null, string? DueAt = null) : EventData;

/// <summary><c>watch.opened</c></summary>
public sealed record WatchOpened(string? Product = null, string? IssueKey = null, string? From = null, string? To = null, JsonElement? Baseline = null) : EventData;

/// <summary><c>watch.closed</c></summary>
public sealed record WatchClosed(string? Product = null, string? IssueKey = null, string? From = null, string? To = null, JsonElement? Baseline = null) : EventData;

/// <summary><c>source.heartbeat</c></summary>
public sealed record SourceHeartbeat(string? Version = null, int? Backlog = null) : EventData;
