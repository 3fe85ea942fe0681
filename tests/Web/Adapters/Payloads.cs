using System.Globalization;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>Bodies of the shapes that the senders document, with values of our own.</summary>
internal static class Payloads
{
    public static string Zendesk(string kind, long ticket, string id, string time, string change) => $$"""
        {"account_id": 12514403, "id": "{{id}}", "time": "{{time}}", "type": "zen:event-type:ticket.{{kind}}", "zendesk_event_version": "2022-06-20", "subject": "zen:ticket:{{ticket}}",
         "detail": {"actor_id": "8447388090494", "assignee_id": "8447388090494", "brand_id": "8447346621310", "created_at": "2026-03-01T09:00:00Z", "custom_status": "8447320465790",
          "description": "words", "external_id": null, "form_id": "8646151517822", "group_id": "8447320466430", "id": "{{ticket}}", "is_public": true, "organization_id": "8447346622462",
          "priority": "HIGH", "requester_id": "8447388090495", "status": "OPEN", "subject": "words", "submitter_id": "8447388090494", "tags": ["a"], "type": "question",
          "updated_at": "{{time}}", "via": {"channel": "email"} },
         "event": {{change}}}
        """;

    /// <summary>A form as TaskRouter posts it; <paramref name="more"/> is name=value, already encoded.</summary>
    public static string TaskRouter(string type, string id, long atMs, params string[] more) => string.Join('&', (string[])
    [
        $"EventType={type}", $"Sid={id}", string.Create(CultureInfo.InvariantCulture, $"Timestamp={atMs / 1000}"), string.Create(CultureInfo.InvariantCulture, $"TimestampMs={atMs}"),
        "AccountSid=AC1", "WorkspaceSid=WS1", "WorkspaceName=Desk", "ResourceType=task", "ResourceSid=WT1", "TaskSid=WT1", "TaskAge=31", "TaskPriority=0",
        "TaskAttributes=%7B%22call_sid%22%3A%22CA1%22%2C%22from%22%3A%22%2B15550001111%22%2C%22direction%22%3A%22inbound%22%7D", "TaskChannelUniqueName=voice", .. more,
    ]);
}
