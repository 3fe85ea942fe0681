using OpsMonitor.Grains.Alerts;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>
/// The alerts of one department in one place, for a page that opens one by its code. Their lives are decided and kept by their subjects, in one
/// write with the events that led there; what is here can be told again.
/// </summary>
public sealed class AlertGrain : Grain, IAlertGrain
{
    private readonly AlertBook _book = new();

    public Task Hear(byte[][] rows)
    {
        foreach (var told in Wire.Rows(rows)) _book.Replace(told.Subject, told.Alerts);
        return Task.CompletedTask;
    }

    public Task<byte[]?> Find(string code) => Task.FromResult(_book.All.FirstOrDefault(a => a.Code == code) is { } alert ? Wire.Pack(alert) : null);
}
