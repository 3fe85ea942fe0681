using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;

namespace OpsMonitor.Web.Vault;

/// <summary>Who a customer is: only for a key that was made for it, also on this machine.</summary>
public static class CustomerEndpoints
{
    public static IEndpointConventionBuilder MapCustomers(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/customers/{ref}", (RequestDelegate)Get).RequireKey(KeyScope.Personal);

    private static Task Get(HttpContext context)
    {
        if (context.Request.Query.Count > 0) return new Problem(400, "unknown_parameter", "This endpoint has no parameters.").WriteAsync(context);
        var customer = (string)context.Request.RouteValues["ref"]!;
        if (context.RequestServices.GetRequiredService<CustomerVault>().Find(customer) is not { } data)
            return new Problem(404, "not_found", "Nothing is kept of this customer.").WriteAsync(context);
        return Reply.WriteAsync(context, 200, "application/json", writer =>
        {
            writer.WriteString("customer_ref", customer);
            writer.WriteString("name", data.Name);
            writer.WriteString("phone", data.Phone);
            writer.WriteString("email", data.Email);
        });
    }
}
