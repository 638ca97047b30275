//! `/environments/{environment}/billOfMaterials`: which products an environment has (PingOne, "Bill
//! of materials").

use jiff::Timestamp;
use protocol::pingone::{
    BillOfMaterials, Bookmark, Deployment, Link, Open, Product, ProductTag, ProductType,
    SolutionType,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::allowed::{Allowed, AllowedEverywhere};
use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::checks;
use crate::api::hal::{Hal, Reply};
use crate::audit::Subject;
use crate::requests::failures::api::ApiFailure;
use crate::state::Idp;
use crate::stores::environments::{Environments, StoredEnvironment, StoredProducts};

/// What is not provided.
pub(super) const KEPT: Option<&str> =
    Some("What is provided is there, whichever products are listed.");

const MOST_PRODUCTS: usize = 50;
const MOST_BOOKMARKS: usize = 5;

/// The products that an environment is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BillOfMaterialsBody {
    solution_type: Option<SolutionType>,
    products: Vec<ProductBody>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProductBody {
    id: Option<Uuid>,
    #[serde(rename = "type")]
    product_type: ProductType,
    description: Option<String>,
    console: Option<Link>,
    deployment: Option<Deployment>,
    #[serde(default)]
    tags: Vec<ProductTag>,
    #[serde(default)]
    bookmarks: Vec<Bookmark>,
}

impl BillOfMaterialsBody {
    /// The products as they are kept. `at` is the path of the members in the body.
    pub(super) fn checked(
        self,
        at: &str,
        replaced: &StoredProducts,
        idp: &Idp,
        now: Timestamp,
    ) -> Result<StoredProducts, ApiFailure> {
        if self.products.len() > MOST_PRODUCTS {
            let message = format!("must have at most {MOST_PRODUCTS} entries");
            return Err(ApiFailure::invalid_value(&format!("{at}products"), message));
        }
        let products = self.products.into_iter().map(|sent| {
            if sent.bookmarks.len() > MOST_BOOKMARKS {
                let target = format!("{at}products.bookmarks");
                let message = format!("must have at most {MOST_BOOKMARKS} entries");
                return Err(ApiFailure::invalid_value(&target, message));
            }
            let target = format!("{at}products.description");
            checks::at_most(&target, sent.description.as_deref(), 1024)?;
            let mut product = Product::new(sent.product_type);
            product.id = Some(sent.id.unwrap_or_else(|| idp.random().uuid()));
            product.description = sent.description;
            product.console = sent.console;
            product.deployment = sent.deployment;
            product.tags = sent.tags.into_iter().map(Open::Known).collect();
            product.bookmarks = sent.bookmarks;
            Ok(product)
        });
        let mut bill = BillOfMaterials::new(products.collect::<Result<Vec<_>, _>>()?);
        // What an environment was made for stays.
        let before = replaced.bill.solution_type.clone();
        bill.solution_type = before.or(self.solution_type.map(Open::Known));
        Ok(StoredProducts {
            bill,
            created_at: replaced.created_at.or(Some(now)),
            updated_at: Some(now),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(flatten)]
    bill: &'a BillOfMaterials,
    #[serde(with = "protocol::pingone::date::Date")]
    created_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    updated_at: Timestamp,
}

fn show<P>(allowed: &Allowed<P>, environment: &StoredEnvironment) -> Result<Reply, ApiFailure> {
    let products = &environment.details.products;
    let shown = Shown {
        bill: &products.bill,
        created_at: products.created_at.unwrap_or(environment.created_at),
        updated_at: products.updated_at.unwrap_or(environment.created_at),
    };
    let urls = allowed.idp.urls();
    Reply::ok(&Hal::in_environment(
        urls,
        allowed.id(),
        "billOfMaterials",
        shown,
    ))
}

pub(super) async fn read(allowed: Allowed<may::ReadEnvironments>) -> Result<Reply, ApiFailure> {
    show(&allowed, &allowed.environment)
}

pub(super) async fn replace(
    allowed: AllowedEverywhere<may::UpdateEnvironments>,
    Json(body): Json<BillOfMaterialsBody>,
) -> Result<Reply, ApiFailure> {
    let mut environment = (*allowed.environment).clone();
    let before = &environment.details.products;
    environment.details.products = body.checked("", before, &allowed.idp, allowed.now)?;
    environment.updated_at = allowed.now;
    let subject = Subject::of(
        "BILL_OF_MATERIALS",
        environment.id,
        environment.name.as_str(),
    );
    let change = Environments::update(&environment)?;
    let written = allowed.commit(environment.id, change, "BILL_OF_MATERIALS.UPDATED", subject);
    written.await?;
    show(&allowed, &environment)
}
